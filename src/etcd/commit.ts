import { randomUUID } from 'node:crypto';
import type { ICompare, IKeyValue, IRequestOp, ITxnResponse } from 'etcd3';
import { MemStoreError } from '../contract/errors.ts';
import type { Cluster } from './cluster.ts';
import { conflict, leaseLost } from './conflicts.ts';
import { isLeaseLost, isOutOfSpace } from './etcd-error.ts';
import type { CommitSlot, ProcessLeases } from './process-leases.ts';

/** What a commit does, if what it has read still holds. */
export interface CommitPlan {
  readonly compares: readonly ICompare[];
  readonly operations: readonly IRequestOp[];
}

export interface CommitHost {
  readonly cluster: Cluster;
  readonly leases: ProcessLeases;
}

/**
 * Commits in one transaction of etcd, exactly once, whatever answers are lost on the way.
 *
 * Each commit goes through a slot: a key that it writes a mark of its own to, if the slot has not been
 * written since this process last knew of it. So a second attempt does nothing where the first took effect,
 * and the slot shows whose mark it has. A commit that nobody answered is looked up in the same way, by a
 * write to the slot that keeps the commit from taking effect later.
 *
 * @throws {MemStoreError} CONFLICT when what was read has changed; CONNECTION_LOST when it surely did not
 * take effect; COMMIT_UNKNOWN when that cannot be found out; LIMIT_EXCEEDED
 */
export async function commit(host: CommitHost, plan: CommitPlan): Promise<void> {
  const lease = await host.leases.current();
  const slot = lease.takeSlot();
  const mark = randomUUID();
  let attempts = 0;
  let answer: ITxnResponse;
  try {
    answer = await host.cluster.transaction(
      [...plan.compares, unwritten(slot)],
      [...plan.operations, write(slot, mark)],
      look(slot),
      { onAttempt: () => attempts++ },
    );
  } catch (error) {
    if (isLeaseLost(error)) host.leases.markLost(lease);
    if (attempts > 1 || isUnanswered(error)) return resolve(host.cluster, slot, mark, error);
    if (isOutOfSpace(error) && (await hasTakenEffect(host.cluster, slot, mark, error))) return;
    lease.giveBack(slot);
    throw isLeaseLost(error) ? leaseLost(error) : error;
  }
  if (answer.succeeded) return finish(slot, answer.header.revision);
  const found = markIn(answer);
  if (found?.value.toString() === mark) return finish(slot, found.mod_revision);
  // The marks end with the lease, and with them what they said of an earlier attempt.
  if (attempts > 1 && !isLeaseAlive(answer)) throw unknown(undefined);
  lease.giveBack(slot);
  throw conflict();
}

/**
 * Whether a commit that was refused for want of room took effect. etcd does the transaction that goes beyond
 * its quota and raises its alarm then, but answers it as it answers those that it refuses from then on. A
 * fence is not needed, since the answer has come, and could not be written.
 */
async function hasTakenEffect(
  cluster: Cluster,
  slot: CommitSlot,
  mark: string,
  cause: unknown,
): Promise<boolean> {
  let found: IKeyValue | undefined;
  try {
    found = markIn(await cluster.transaction([], look(slot), []));
  } catch {
    throw unknown(cause);
  }
  if (found?.value.toString() !== mark) return false;
  finish(slot, found.mod_revision);
  return true;
}

/** Finds out what became of a commit, and keeps it from taking effect if it has not. */
async function resolve(cluster: Cluster, slot: CommitSlot, mark: string, cause: unknown): Promise<void> {
  const fence = `not ${mark}`;
  let answer: ITxnResponse;
  try {
    answer = await cluster.transaction(
      [unwritten(slot), { key: slot.lease.key, target: 'Version', result: 'Greater', version: 0 }],
      [write(slot, fence)],
      look(slot),
    );
  } catch {
    throw unknown(cause);
  }
  // The answer to a write has nothing of what was there.
  const found = answer.succeeded ? undefined : markIn(answer);
  const written = answer.succeeded ? fence : found?.value.toString();
  const revision = answer.succeeded ? answer.header.revision : found?.mod_revision;
  if (revision === undefined || (written !== mark && written !== fence)) throw unknown(cause);
  finish(slot, revision);
  if (written === mark) return;
  throw new MemStoreError(
    'CONNECTION_LOST',
    'The commit did not reach the cluster, and did not take effect.',
    { cause },
  );
}

function finish(slot: CommitSlot, revision: string): void {
  slot.revision = revision;
  slot.lease.giveBack(slot);
}

function unwritten({ key, revision }: CommitSlot): ICompare {
  return { key, target: 'Mod', result: 'Equal', mod_revision: revision };
}

function write({ key, lease }: CommitSlot, mark: string): IRequestOp {
  return { request_put: { key, value: Buffer.from(mark), lease: lease.leaseId } };
}

function look({ key, lease }: CommitSlot): IRequestOp[] {
  return [{ request_range: { key } }, { request_range: { key: lease.key } }];
}

function markIn(answer: ITxnResponse): IKeyValue | undefined {
  return answer.responses[0]?.response_range.kvs[0];
}

function isLeaseAlive(answer: ITxnResponse): boolean {
  return (answer.responses[1]?.response_range.kvs.length ?? 0) > 0;
}

/** Whether the cluster may have done what was asked all the same. */
function isUnanswered(error: unknown): boolean {
  return error instanceof MemStoreError && error.code === 'CONNECTION_LOST' && !isLeaseLost(error);
}

function unknown(cause: unknown): MemStoreError {
  return new MemStoreError('COMMIT_UNKNOWN', 'It cannot be found out whether the commit took effect.', {
    cause,
  });
}
