import { randomUUID } from 'node:crypto';
import type { ICompare, IKeyValue, IRequestOp, ITxnResponse } from 'etcd3';
import { MemStoreError } from '../contract/errors.ts';
import type { Cluster } from './cluster.ts';
import { conflict, leaseLost } from './conflicts.ts';
import { isLeaseLost, isOutOfSpace } from './etcd-error.ts';
import type { CommitSlot, ProcessLeases } from './process-leases.ts';

/** The conditions of a commit, and its writes. */
export interface CommitPlan {
  readonly compares: readonly ICompare[];
  readonly operations: readonly IRequestOp[];
}

export interface CommitHost {
  readonly cluster: Cluster;
  readonly leases: ProcessLeases;
}

/**
 * Commits in one etcd transaction. The writes take effect at most once, even if answers are lost and attempts
 * are repeated.
 *
 * Each commit uses a slot: a key in etcd to which it writes a unique mark. The write has the condition that
 * the slot still has the revision that this process knows. So a second attempt does nothing if the first took
 * effect, and the mark in the slot shows that. If the answer to a commit is lost, `resolve` writes another
 * mark to the slot under the same condition. That write either prevents the commit from taking effect later,
 * or finds its mark.
 *
 * @throws {MemStoreError} CONFLICT if an entry that was read has changed; CONNECTION_LOST if the commit
 * certainly did not take effect; COMMIT_UNKNOWN if the outcome is unknown; LIMIT_EXCEEDED
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
  // The marks are deleted when the lease ends. Then a missing mark does not show that an earlier attempt
  // failed.
  if (attempts > 1 && !isLeaseAlive(answer)) throw unknown(undefined);
  lease.giveBack(slot);
  throw conflict();
}

/**
 * Returns whether a commit that was refused with "no space" took effect. etcd performs the transaction that
 * exceeds its quota and only then raises the alarm. It answers that transaction with the same error as the
 * later ones that it refuses. No fence is needed, because the cluster has answered.
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

/** Finds out whether a commit took effect. If it has not, prevents it from taking effect later. */
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
  // If the fence was written, the answer does not contain the previous value.
  const found = answer.succeeded ? undefined : markIn(answer);
  const written = answer.succeeded ? fence : found?.value.toString();
  const revision = answer.succeeded ? answer.header.revision : found?.mod_revision;
  if (revision === undefined || (written !== mark && written !== fence)) throw unknown(cause);
  finish(slot, revision);
  if (written === mark) return;
  throw new MemStoreError(
    'CONNECTION_LOST',
    'The connection was lost, and the commit did not take effect. Run the transaction again.',
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

/** Returns whether the request had no answer, so that the cluster may have performed it. */
function isUnanswered(error: unknown): boolean {
  return error instanceof MemStoreError && error.code === 'CONNECTION_LOST' && !isLeaseLost(error);
}

function unknown(cause: unknown): MemStoreError {
  return new MemStoreError(
    'COMMIT_UNKNOWN',
    'The commit may or may not have taken effect. Read its keys to find out.',
    {
      cause,
    },
  );
}
