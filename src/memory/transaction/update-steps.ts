import { addTo } from '../../arguments/add-to.ts';
import { checkStorableKey } from '../../arguments/check-keys.ts';
import type { UpdateTtl } from '../../contract/direct-operations.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import { refusal } from '../../lifecycle/transaction-errors.ts';
import { deletionOf, type Write } from '../write.ts';
import { acquireKey } from './acquire.ts';
import { touched, updated } from './new-write.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import { addWrite, visibleValue } from './transaction-steps.ts';
import type { UpdateWork } from './update-work.ts';

// The steps of operations that both read and write a key (see `Step`).

/** Returns a copy of the new value, or undefined if the key was deleted. */
export function updateStep(tx: ReadWriteTransaction, work: UpdateWork): unknown {
  const { key } = work;
  const waiting = acquireKey(tx, key, 'exclusive');
  if (waiting !== undefined) return waiting;
  const { copier } = tx.engine.settings;
  const current = work.isSettled ? undefined : copier.load(visibleValue(tx, key));
  let changed: unknown;
  tx.isInCallback = true;
  try {
    changed = work.run(current);
  } finally {
    tx.isInCallback = false;
  }
  if (work.waitsForCaller) return changed;
  // The function may have rolled the transaction back, or cancelled this update. A commit that it called
  // waits for this step.
  if (tx.status === 'aborted') throw refusal(tx);
  if (work.signal?.aborted) throw abortedBy(work.signal);
  const before = visibleValue(tx, key);
  if (changed === undefined) {
    if (before !== undefined) addWrite(tx, deletionOf(key));
    return undefined;
  }
  const write = updated(tx.engine, key, changed, before !== undefined, tx.writes.get(key), work.ttl);
  addWrite(tx, write);
  return copier.load(write.value);
}

/** The arguments of an increment. */
export interface Increment {
  readonly key: string;
  readonly by: number | bigint;
  readonly ttl: UpdateTtl | undefined;
}

export function incrementStep(
  tx: ReadWriteTransaction,
  { key, by, ttl }: Increment,
): number | bigint | Promise<void> {
  checkStorableKey(key);
  const waiting = acquireKey(tx, key, 'exclusive');
  if (waiting !== undefined) return waiting;
  const before = visibleValue(tx, key);
  const sum = addTo(key, before, by);
  addWrite(tx, updated(tx.engine, key, sum, before !== undefined, tx.writes.get(key), ttl));
  return sum;
}

export function takeStep(tx: ReadWriteTransaction, key: string): unknown {
  checkStorableKey(key);
  const waiting = acquireKey(tx, key, 'exclusive');
  if (waiting !== undefined) return waiting;
  const before = visibleValue(tx, key);
  if (before === undefined) return undefined;
  // Copy the value before the deletion, because the copy may fail.
  const copy = tx.engine.settings.copier.load(before);
  addWrite(tx, deletionOf(key));
  return copy;
}

export function putIfAbsentStep(tx: ReadWriteTransaction, write: Write): boolean | Promise<void> {
  const waiting = acquireKey(tx, write.key, 'exclusive');
  if (waiting !== undefined) return waiting;
  if (visibleValue(tx, write.key) !== undefined) return false;
  addWrite(tx, write);
  return true;
}

export function touchStep(tx: ReadWriteTransaction, key: string, ttlMs: number): boolean | Promise<void> {
  checkStorableKey(key);
  const waiting = acquireKey(tx, key, 'exclusive');
  if (waiting !== undefined) return waiting;
  const value = visibleValue(tx, key);
  if (value === undefined) return false;
  addWrite(tx, touched(tx.engine, key, value, tx.writes.get(key), ttlMs));
  return true;
}
