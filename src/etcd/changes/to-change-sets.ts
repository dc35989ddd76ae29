import type { IEvent, IKeyValue } from 'etcd3';
import { ChangeSet } from '../../changes/change-set.ts';
import { StoredChange } from '../../changes/stored-change.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { KeySpace } from '../key-space.ts';
import type { RevisionEvents, WatchHost } from './etcd-watch.ts';

/** The part of the store that reads changes. */
export interface ChangeHost extends WatchHost {
  readonly keys: KeySpace;
}

/** Data about revisions that their events do not contain. */
interface Facts {
  /** The revisions whose deletions are due to a commit. */
  readonly committed: ReadonlySet<number>;
  readonly expiresAtMsByLease: ReadonlyMap<string, number>;
  readonly wantsPrevious: boolean;
}

/** The lease of an entry that never expires. */
const NO_LEASE = '0';

/**
 * Returns the changes of each revision. Reads from the cluster whether a commit or the end of a lease deleted
 * entries, and when entries expire.
 * @throws {MemStoreError} SNAPSHOT_TOO_OLD if the cluster has compacted revisions that are needed;
 * CONNECTION_LOST
 */
export async function toChangeSets(
  host: ChangeHost,
  revisions: readonly RevisionEvents[],
  wantsPrevious: boolean,
): Promise<ChangeSet[]> {
  const committed = await findCommitted(host, revisions);
  const expiresAtMsByLease = await findExpiryTimes(host, revisions);
  const facts = { committed, expiresAtMsByLease, wantsPrevious };
  return revisions.map(({ revision, events }) => {
    const changes = events.map((event) => toChange(host.keys, event, facts));
    return new ChangeSet(revision, changes, true);
  });
}

function toChange(keys: KeySpace, event: IEvent, facts: Facts): StoredChange {
  const { kv } = event;
  const revision = Number(kv.mod_revision);
  const isPut = event.type === 'Put';
  const existed = !isPut || kv.create_revision !== kv.mod_revision;
  const previous = previousOf(event)?.value;
  if (facts.wantsPrevious && existed && previous === undefined)
    throw tooOld(`the value before revision ${revision}`);
  const cause = isPut ? 'put' : facts.committed.has(revision) ? 'del' : 'expire';
  const value = isPut ? kv.value : undefined;
  const expiresAtMs = isPut ? facts.expiresAtMsByLease.get(kv.lease) : undefined;
  return new StoredChange(keys.keyOf(kv.key), value, previous, existed, expiresAtMs, cause);
}

/** The client library declares the previous entry as present, but it may be absent. */
function previousOf({ prev_kv }: IEvent): IKeyValue | undefined {
  return (prev_kv as IKeyValue | null | undefined) ?? undefined;
}

/**
 * Returns the revisions whose deletions are due to a commit of this store. Every commit writes a commit slot
 * at its revision. The end of a lease writes no commit slot.
 */
async function findCommitted(host: ChangeHost, revisions: readonly RevisionEvents[]): Promise<Set<number>> {
  const deleting = revisions
    .filter(({ events }) => events.some(({ type }) => type === 'Delete'))
    .map(({ revision }) => revision);
  const committed = new Set<number>();
  const most = host.options.maxTransactionOperations;
  for (let start = 0; start < deleting.length; start += most)
    for (const revision of await findSlots(host, deleting.slice(start, start + most)))
      committed.add(revision);
  return committed;
}

/** Returns the given revisions at which a commit slot was written. */
async function findSlots(host: ChangeHost, revisions: readonly number[]): Promise<number[]> {
  try {
    return await readSlots(host, revisions, false);
  } catch (error) {
    if (!isTooOld(error)) throw error;
  }
  const [revision, ...rest] = revisions;
  if (revision === undefined) return [];
  if (rest.length > 0) return [...(await findSlots(host, [revision])), ...(await findSlots(host, rest))];
  // The cluster has compacted this revision. If no later commit has overwritten its slot, the slot still
  // shows the revision.
  const found = await readSlots(host, revisions, true);
  if (found.length === 0) throw tooOld(`the cause of the deletions of revision ${revision}`);
  return found;
}

async function readSlots(
  { cluster, keys }: ChangeHost,
  revisions: readonly number[],
  isNewest: boolean,
): Promise<number[]> {
  const reads = revisions.map((revision) => ({
    request_range: {
      ...keys.processes(),
      revision: isNewest ? '0' : String(revision),
      min_mod_revision: String(revision),
      max_mod_revision: String(revision),
      keys_only: true,
      limit: 1,
    },
  }));
  const { responses } = await cluster.transaction([], reads, []);
  return revisions.filter((_, index) => (responses[index]?.response_range.kvs.length ?? 0) > 0);
}

/** Returns when the leases of the entries that were put end, in milliseconds since the Unix epoch. */
async function findExpiryTimes(
  { cluster, clock }: ChangeHost,
  revisions: readonly RevisionEvents[],
): Promise<Map<string, number>> {
  const leases = new Set<string>();
  for (const { events } of revisions)
    for (const { type, kv } of events) if (type === 'Put' && kv.lease !== NO_LEASE) leases.add(kv.lease);
  const times = Array.from(leases, async (lease): Promise<[string, number]> => {
    const leftMs = await cluster.timeLeftMs(lease);
    return [lease, clock.epochMs() + leftMs];
  });
  return new Map(await Promise.all(times));
}

export function isTooOld(error: unknown): boolean {
  return error instanceof MemStoreError && error.code === 'SNAPSHOT_TOO_OLD';
}

function tooOld(missing: string): MemStoreError {
  return new MemStoreError('SNAPSHOT_TOO_OLD', `The cluster has compacted ${missing}.`);
}
