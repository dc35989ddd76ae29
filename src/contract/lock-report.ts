import type { KeyRange } from './key-range.ts';

/**
 * The mode of a lock. A shared lock is compatible with other shared locks. An exclusive lock is compatible
 * with no other lock.
 */
export type LockMode = 'shared' | 'exclusive';

/** The target of a lock: one key, or all keys of a range. Keys without an entry count too. */
export type LockTarget =
  | { readonly key: string; readonly range?: undefined }
  | { readonly range: KeyRange; readonly key?: undefined };

/**
 * One step of a deadlock: a transaction, and the lock that it waits for. The transaction of the next step
 * blocks it.
 */
export type CycleStep = LockTarget & { readonly transactionId: number; readonly mode: LockMode };

/** A lock that is held. */
export type HeldLock = LockTarget & { readonly transactionId: number; readonly mode: LockMode };

/** A waiting request, and the transactions that it waits for. */
export type WaitingLock = HeldLock & { readonly waitsFor: readonly number[] };

/** The locks of a store as plain data: the held locks and the waiting requests. */
export interface LockReport {
  /** The held locks. */
  readonly held: readonly HeldLock[];
  /** The waiting requests. */
  readonly waiting: readonly WaitingLock[];
}

/** One row of a lock report: one held lock or one waiting request. */
export type LockRow =
  | readonly [state: 'held', lock: HeldLock]
  | readonly [state: 'waiting', lock: WaitingLock];

/** Yields the rows of a report. */
export function* rowsOf({ held, waiting }: LockReport): Generator<LockRow, void> {
  for (const lock of held) yield ['held', lock];
  for (const lock of waiting) yield ['waiting', lock];
}

/** Collects rows into a report. */
export async function reportOf(rows: AsyncIterable<LockRow>): Promise<LockReport> {
  const held: HeldLock[] = [];
  const waiting: WaitingLock[] = [];
  for await (const [state, lock] of rows) {
    if (state === 'held') held.push(lock);
    else waiting.push(lock);
  }
  return { held, waiting };
}
