import { checkKey } from '../../arguments/check-keys.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import type { Savepoint } from '../../contract/transaction.ts';
import type { LockingScan } from '../scan/locking-scan.ts';
import type { CollectWork, Row } from '../scan/scan-iterator.ts';
import { deletionOf, type Write } from '../write.ts';
import { acquireKey } from './acquire.ts';
import { commitTransaction } from './commit-transaction.ts';
import { MemSavepoint } from './mem-savepoint.ts';
import { tooManyWrites } from './new-write.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';

const FOR_EVER = Number.POSITIVE_INFINITY;

// The steps of a transaction's operations (see `Step`). Each step acquires all its locks before it acts.

export function readStep(tx: ReadWriteTransaction, key: string, mode: LockMode): unknown {
  checkKey(key);
  const waiting = acquireKey(tx, key, mode);
  return waiting === undefined ? tx.engine.settings.copier.load(visibleValue(tx, key)) : waiting;
}

export function hasStep(tx: ReadWriteTransaction, key: string): boolean | Promise<void> {
  checkKey(key);
  return acquireKey(tx, key, 'shared') ?? visibleValue(tx, key) !== undefined;
}

/** Returns the remaining TTL, `Infinity` if the entry never expires, or `undefined` if there is no entry. */
export function ttlStep(tx: ReadWriteTransaction, key: string): number | undefined | Promise<void> {
  checkKey(key);
  const waiting = acquireKey(tx, key, 'shared');
  if (waiting !== undefined) return waiting;
  const write = tx.writes.size === 0 ? undefined : tx.writes.get(key);
  if (write === undefined)
    return (
      tx.engine.expiry.timeLeftMs(key) ?? (tx.engine.shards.get(key) === undefined ? undefined : FOR_EVER)
    );
  if (write.value === undefined) return undefined;
  const { ttlMs = tx.engine.cache.defaultTtlMs ?? FOR_EVER, expiresAtMs } = write;
  return expiresAtMs === undefined ? ttlMs : Math.max(0, expiresAtMs - tx.engine.settings.clock.epochMs());
}

export function putStep(tx: ReadWriteTransaction, write: Write): void | Promise<void> {
  const waiting = acquireKey(tx, write.key, 'exclusive');
  if (waiting !== undefined) return waiting;
  addWrite(tx, write);
}

export function deleteStep(tx: ReadWriteTransaction, key: string): boolean | Promise<void> {
  checkKey(key);
  const waiting = acquireKey(tx, key, 'exclusive');
  if (waiting !== undefined) return waiting;
  if (visibleValue(tx, key) === undefined) return false;
  addWrite(tx, deletionOf(key));
  return true;
}

/** Returns the next row of a scan. */
export function scanStep(
  _tx: ReadWriteTransaction,
  scan: LockingScan,
  call: number,
): ReturnType<LockingScan['step']> {
  return scan.step(call);
}

/** Returns all remaining rows of a scan. */
export function collectStep(
  _tx: ReadWriteTransaction,
  scan: LockingScan,
  { call, rows, budget }: CollectWork,
): Row[] | Promise<void> {
  return scan.collectStep(call, rows, budget);
}

/** Runs an action that cannot fail. */
export function actionStep(_tx: ReadWriteTransaction, action: () => void): void {
  action();
}

export function savepointStep(tx: ReadWriteTransaction, operationNumber: number): Savepoint {
  const savepoint = new MemSavepoint(tx.id, operationNumber, tx.writes.mark());
  tx.keepSavepoint(savepoint);
  return savepoint;
}

/** Undoes the writes since a savepoint. Takes several turns if there are many. */
export function rollbackToStep(tx: ReadWriteTransaction, savepoint: MemSavepoint): void | Promise<void> {
  if (tx.undoTo(savepoint)) return tx.engine.settings.clock.yieldTurn();
}

export function commitStep(tx: ReadWriteTransaction): Promise<void> | undefined {
  // The step runs again after the journal has stored the commit. By then the transaction is committed.
  return tx.status === 'committed' ? undefined : commitTransaction(tx);
}

/** Returns the stored value that the transaction sees. REQUIRES: the transaction holds a lock on the key. */
export function visibleValue(tx: ReadWriteTransaction, key: string): unknown {
  const write = tx.writes.size === 0 ? undefined : tx.writes.get(key);
  return write === undefined ? tx.engine.readLocked(key) : write.value;
}

/** Adds a write. REQUIRES: the transaction holds an exclusive lock on its key. */
export function addWrite(tx: ReadWriteTransaction, change: Write): void {
  checkRoom(tx, tx.writes.get(change.key) === undefined ? 1 : 0);
  tx.writes.set(change);
  tx.onWrite(change.key);
}

/** @throws {MemStoreError} LIMIT_EXCEEDED */
export function checkRoom(tx: ReadWriteTransaction, added: number): void {
  const { maxTransactionWrites } = tx.engine.settings;
  if (tx.writes.size + added <= maxTransactionWrites) return;
  throw tooManyWrites(maxTransactionWrites);
}
