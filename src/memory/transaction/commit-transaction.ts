import type { MemStoreError } from '../../contract/errors.ts';
import { MAX_PUBLISHED_AT_ONCE } from '../../lifecycle/turn-limits.ts';
import { commitFailed } from '../strategy-failures.ts';
import { appendInTurns } from './append-in-turns.ts';
import { journalFailed } from './journal-failed.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import { releaseLocks } from './release-locks.ts';
import type { WriteSet } from './write-set.ts';

// Ending a read-write transaction: publish its writes and release its locks.

/**
 * Commits a transaction. Publishes its writes immediately, or after the journal has stored them. Takes
 * several turns if there are many writes.
 */
export function commitTransaction(tx: ReadWriteTransaction): Promise<void> | undefined {
  try {
    return commitOrJournal(tx);
  } catch (error) {
    throw failCommit(tx, error);
  }
}

function commitOrJournal(tx: ReadWriteTransaction): Promise<void> | undefined {
  const { engine, writes } = tx;
  const isLong = writes.size > MAX_PUBLISHED_AT_ONCE;
  if (engine.journal === undefined || writes.size === 0) {
    if (!isLong) return publish(tx, undefined);
    tx.ending = publishInTurns(tx, undefined);
    return tx.ending;
  }
  const commitMs = engine.settings.clock.epochMs();
  const appended = isLong
    ? appendInTurns(engine, tx.id, writes, commitMs)
    : engine.append(tx.id, writes, commitMs);
  tx.ending = appended.then(
    () => (isLong ? publishInTurns(tx, commitMs) : publish(tx, commitMs)),
    (cause: unknown) => dropRefused(tx, journalFailed(cause)),
  );
  return tx.ending;
}

/** Rolls back a commit that the journal refused. Rejects with the error once the locks are released. */
async function dropRefused(tx: ReadWriteTransaction, error: MemStoreError): Promise<never> {
  await tx.drop(error);
  throw error;
}

/**
 * Publishes the writes synchronously. Returns a promise if releasing the locks or making room in the cache
 * takes several turns.
 * @param commitMs the time when the commit was passed to the journal; undefined without a journal
 */
export function publish(tx: ReadWriteTransaction, commitMs: number | undefined): Promise<void> | undefined {
  const { engine, writes } = tx;
  const { size: count, only } = writes;
  if (commitMs !== undefined) engine.forcePublish(writes, commitMs, undefined);
  else if (only !== undefined) engine.publishOnly(only, commitMs);
  else if (count > 0) engine.publish(writes, commitMs);
  onPublished(tx, count);
  return finish(tx, writes);
}

/** Publishes writes that are too many for one turn. They still become visible in one step. */
async function publishInTurns(tx: ReadWriteTransaction, commitMs: number | undefined): Promise<void> {
  const { engine, writes } = tx;
  await engine.publishMany(writes, commitMs, () => {
    endPins(tx);
    onPublished(tx, writes.size);
  });
  await finish(tx, writes);
}

/** Unpins the entries, so that they can expire while the locks are still being released. */
function endPins({ pins, engine }: ReadWriteTransaction): void {
  if (pins !== undefined) engine.expiry.pinned.end(pins);
}

function onPublished(tx: ReadWriteTransaction, count: number): void {
  tx.status = 'committed';
  // Emit `commit` before `finish`, because `finish` emits the evictions that the commit causes.
  tx.engine.recordCommit(tx.id, count);
}

/**
 * Releases the locks, pins and counted bytes of the transaction, and makes room in the cache. Returns a
 * promise if that takes several turns.
 * @param written the writes that a commit has just published
 */
export function finish(tx: ReadWriteTransaction, written: WriteSet | undefined): Promise<void> | undefined {
  tx.writes.release();
  endPins(tx);
  const releasing = releaseLocks(tx);
  const closing =
    releasing === undefined ? tx.engine.removeEnded(tx, written) : removeAfterRelease(releasing, tx, written);
  if (closing !== undefined) tx.ending = closing;
  return closing;
}

/** Kept separate so that `finish` allocates no closure. */
async function removeAfterRelease(
  releasing: Promise<void>,
  tx: ReadWriteTransaction,
  written: WriteSet | undefined,
): Promise<void> {
  await releasing;
  await tx.engine.removeEnded(tx, written);
}

/**
 * Ends a transaction after a strategy threw during its commit, so that no waiter blocks for ever. Returns the
 * error.
 */
export function failCommit(tx: ReadWriteTransaction, cause: unknown): MemStoreError {
  const error = commitFailed(cause);
  if (tx.status !== 'committed' && tx.status !== 'aborted') tx.drop(error);
  return error;
}
