import { MemStoreError } from '../../contract/errors.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import { Pins } from '../expiry/pinned-entries.ts';
import type { LockRequest } from './operation.ts';

/** The part of a transaction that locking uses. */
export interface Locker {
  readonly engine: Engine;
  readonly session: LockSession;
  /** Whether the current step must not wait. */
  readonly noWait: boolean;
  /** Set to the lock that the step must wait for. */
  blockedBy: LockRequest | undefined;
  /** The entries that the transaction pins. Undefined if there are none. */
  pins: Pins | undefined;
}

/**
 * Locks a key. Returns a promise if the step must wait.
 * @throws {MemStoreError} LOCK_UNAVAILABLE if the step would have to wait, but `noWait` is set
 */
export function acquireKey(tx: Locker, key: string, mode: LockMode): Promise<void> | undefined {
  const { engine, session } = tx;
  if (tx.noWait) {
    if (!session.tryLock(key, mode)) throw unavailable(JSON.stringify(key));
  } else {
    const waiting = session.lock(key, mode);
    if (waiting !== undefined) {
      tx.blockedBy = { key, mode };
      return waiting;
    }
  }
  if (engine.expiry.size !== 0) pinOrExpireKey(tx, key);
  return undefined;
}

/** Locks a range for a scan. Waits and throws like `acquireKey`. */
export function acquireRange(tx: Locker, range: KeyRange): Promise<void> | undefined {
  const { engine, session } = tx;
  if (tx.noWait) {
    if (!session.tryLockRange(range)) throw unavailable(`the range from ${JSON.stringify(range.from)}`);
  } else {
    const waiting = session.lockRange(range);
    if (waiting !== undefined) {
      tx.blockedBy = { range, mode: 'shared' };
      return waiting;
    }
  }
  if (engine.expiry.size !== 0) pinOrExpireRange(tx, range);
  return undefined;
}

/** Locks a key exclusively, if that is possible without waiting. Returns whether the key is locked. */
export function tryAcquireKey(tx: Locker, key: string): boolean {
  if (!tx.session.tryLock(key, 'exclusive')) return false;
  if (tx.engine.expiry.size !== 0) pinOrExpireKey(tx, key);
  return true;
}

/**
 * Removes the entry if it has expired when its lock is granted. Otherwise pins it until the transaction ends.
 */
function pinOrExpireKey(tx: Locker, key: string): void {
  const { expiry, removals } = tx.engine;
  if (expiry.get(key) === undefined || removals.expireIfDue(key)) return;
  tx.pins ??= new Pins();
  expiry.pinned.pinKey(tx.pins, key);
}

function pinOrExpireRange(tx: Locker, range: KeyRange): void {
  const { removals, expiry } = tx.engine;
  tx.pins ??= new Pins();
  if (expiry.pinned.hasRange(tx.pins, range)) return;
  removals.expireDueIn(range);
  expiry.pinned.pinRange(tx.pins, range);
}

function unavailable(what: string): MemStoreError {
  const message = `The lock on ${what} is not free, and lockTimeout is 0. Retry, or allow a wait.`;
  return new MemStoreError('LOCK_UNAVAILABLE', message);
}
