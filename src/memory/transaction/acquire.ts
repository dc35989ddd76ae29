import { MemStoreError } from '../../contract/errors.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import { Pins } from '../expiry/pinned-entries.ts';
import type { LockRequest } from './operation.ts';

/** A transaction, as locking sees it. */
export interface Locker {
  readonly engine: Engine;
  readonly session: LockSession;
  /** Whether the step that runs now must not wait. */
  readonly noWait: boolean;
  /** Set to the lock that the step must wait for. */
  blockedBy: LockRequest | undefined;
  /** The entries that the transaction pins; undefined for none. */
  pins: Pins | undefined;
}

/**
 * Locks a key. Returns a promise if the step must wait.
 * @throws {MemStoreError} LOCK_UNAVAILABLE if the step would wait, but must not
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

/** Locks a range for a scan, as `acquireKey` locks a key. */
export function acquireRange(tx: Locker, range: KeyRange): Promise<void> | undefined {
  const { engine, session } = tx;
  if (tx.noWait) {
    if (!session.tryLockRange(range)) throw unavailable(`a key from ${JSON.stringify(range.from)} on`);
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

/** Locks a key exclusively. Returns false if the step would have to wait. */
export function tryAcquireKey(tx: Locker, key: string): boolean {
  if (!tx.session.tryLock(key, 'exclusive')) return false;
  if (tx.engine.expiry.size !== 0) pinOrExpireKey(tx, key);
  return true;
}

/** Removes the entry if it has expired by the time its lock is granted. Otherwise pins it until the end. */
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
  const message = `The lock on ${what} is not free, and the operation was asked not to wait.`;
  return new MemStoreError('LOCK_UNAVAILABLE', message);
}
