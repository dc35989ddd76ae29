import type { LockMode } from '../../contract/lock-report.ts';
import type { Write } from '../write.ts';
import { acquireKey } from './acquire.ts';
import type { ListWork, WriteWork } from './list-work.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import { checkRoom, visibleValue } from './transaction-steps.ts';

// The steps of operations on many keys (see `Step`). A long list takes several turns of a few milliseconds.

/** Reads the values of the keys, in the order of the list. */
export function readManyStep(
  tx: ReadWriteTransaction,
  work: ListWork<string>,
  values: unknown[],
): unknown[] | Promise<void> {
  const waiting = lockKeys(tx, work, 'shared');
  if (waiting !== undefined) return waiting;
  const { copier } = tx.engine.settings;
  for (let key = work.items[work.next]; key !== undefined; key = work.items[work.next]) {
    values.push(copier.load(visibleValue(tx, key)));
    const turn = work.advance();
    if (turn !== undefined) return turn;
  }
  return values;
}

/** Counts the keys that have a value. A key that is in the list twice counts twice. */
export function countStep(tx: ReadWriteTransaction, work: ListWork<string>): number | Promise<void> {
  const waiting = lockKeys(tx, work, 'shared');
  if (waiting !== undefined) return waiting;
  for (let key = work.items[work.next]; key !== undefined; key = work.items[work.next]) {
    if (visibleValue(tx, key) !== undefined) work.count++;
    const turn = work.advance();
    if (turn !== undefined) return turn;
  }
  return work.count;
}

/** Puts a list of entries. */
export function putManyStep(tx: ReadWriteTransaction, work: WriteWork): void | Promise<void> {
  const waiting = lockWrites(tx, work, everyKey);
  if (waiting !== undefined) return waiting;
  for (let write = work.items[work.next]; write !== undefined; write = work.items[work.next]) {
    add(tx, write);
    const turn = work.advance();
    if (turn !== undefined) return turn;
  }
}

/** Deletes the listed keys. Returns how many of them had a value. */
export function deleteManyStep(tx: ReadWriteTransaction, work: WriteWork): number | Promise<void> {
  const waiting = lockWrites(tx, work, visibleValue);
  if (waiting !== undefined) return waiting;
  for (let write = work.items[work.next]; write !== undefined; write = work.items[work.next]) {
    if (visibleValue(tx, write.key) !== undefined) {
      add(tx, write);
      work.count++;
    }
    const turn = work.advance();
    if (turn !== undefined) return turn;
  }
  return work.count;
}

function add(tx: ReadWriteTransaction, write: Write): void {
  tx.writes.setReserved(write);
  tx.onWrite(write.key);
}

function lockKeys(
  tx: ReadWriteTransaction,
  work: ListWork<string>,
  mode: LockMode,
): Promise<void> | undefined {
  if (work.isLocked) return undefined;
  for (let key = work.items[work.next]; key !== undefined; key = work.items[work.next]) {
    const waiting = acquireKey(tx, key, mode) ?? work.advance();
    if (waiting !== undefined) return waiting;
  }
  work.startActing();
  return undefined;
}

/**
 * Locks the keys of the writes, and reserves room for the writes that will be made.
 * @param isWritten called when a key is locked; returns `undefined` if the key needs no write
 */
function lockWrites(
  tx: ReadWriteTransaction,
  work: WriteWork,
  isWritten: (tx: ReadWriteTransaction, key: string) => unknown,
): Promise<void> | undefined {
  if (work.isLocked) return undefined;
  const sorting = work.prepare();
  if (sorting !== undefined) return sorting;
  if (work.next === 0 && isWritten === everyKey) checkRoomFor(tx, work.items, isWritten);
  for (let write = work.items[work.next]; write !== undefined; write = work.items[work.next]) {
    const waiting = acquireKey(tx, write.key, 'exclusive');
    if (waiting !== undefined) return waiting;
    if (isWritten(tx, write.key) !== undefined) work.weigh(tx.writes, write);
    const turn = work.advance();
    if (turn !== undefined) return turn;
  }
  if (isWritten !== everyKey) checkRoomFor(tx, work.items, isWritten);
  tx.writes.reserve(work.growth);
  work.startActing();
  return undefined;
}

const everyKey = (): true => true;

/**
 * Checks the limit on writes. Skips the scan of the list if even a list without duplicates fits.
 * @throws {MemStoreError} LIMIT_EXCEEDED
 */
function checkRoomFor(
  tx: ReadWriteTransaction,
  writes: readonly Write[],
  isWritten: (tx: ReadWriteTransaction, key: string) => unknown,
): void {
  if (tx.writes.size + writes.length <= tx.engine.settings.maxTransactionWrites) return;
  const added = new Set<string>();
  for (const { key } of writes)
    if (tx.writes.get(key) === undefined && isWritten(tx, key) !== undefined) added.add(key);
  checkRoom(tx, added.size);
}
