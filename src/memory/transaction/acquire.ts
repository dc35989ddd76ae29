import { MemStoreError } from '../../contract/errors.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import { Hold } from '../expiry/held-over.ts';
import type { LockRequest } from './operation.ts';

/** What locking needs to know of a transaction. */
export interface Locker {
  readonly engine: Engine;
  readonly session: LockSession;
  /** Whether the step that runs now must not wait. */
  readonly noWait: boolean;
  /** Set to the lock that the step has to wait for. */
  blockedBy: LockRequest | undefined;
  /** What it keeps from expiring; undefined for nothing. */
  hold: Hold | undefined;
}

/**
 * Locks a key; returns a promise when the step has to wait.
 * @throws {MemStoreError} LOCK_UNAVAILABLE when it would have to but must not
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
  if (engine.expiry.size !== 0) keepOrExpire(tx, key);
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
  if (engine.expiry.size !== 0) keepOrExpireIn(tx, range);
  return undefined;
}

/** Locks a key exclusively unless that would mean waiting. */
export function tryAcquireKey(tx: Locker, key: string): boolean {
  if (!tx.session.tryLock(key, 'exclusive')) return false;
  if (tx.engine.expiry.size !== 0) keepOrExpire(tx, key);
  return true;
}

/** What is due when its lock is got is gone; what is not is kept until the end of the transaction. */
function keepOrExpire(tx: Locker, key: string): void {
  const { expiry, removals, heldOver } = tx.engine;
  if (expiry.get(key) === undefined || removals.expireIfDue(key)) return;
  tx.hold ??= new Hold();
  heldOver.keepKey(tx.hold, key);
}

function keepOrExpireIn(tx: Locker, range: KeyRange): void {
  const { removals, heldOver } = tx.engine;
  tx.hold ??= new Hold();
  if (heldOver.keepsRange(tx.hold, range)) return;
  removals.expireDueIn(range);
  heldOver.keepRange(tx.hold, range);
}

function unavailable(what: string): MemStoreError {
  const message = `The lock on ${what} is not free, and the operation was asked not to wait.`;
  return new MemStoreError('LOCK_UNAVAILABLE', message);
}
