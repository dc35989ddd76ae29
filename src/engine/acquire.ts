import { MemStoreError } from '../errors.ts';
import type { KeyRange } from '../key-range.ts';
import type { LockMode, LockSession } from '../locks/lock-strategy.ts';
import type { Engine } from './engine.ts';
import type { LockRequest } from './operation.ts';

/** What locking needs to know of a transaction. */
export interface Locker {
  readonly engine: Engine;
  readonly session: LockSession;
  /** Whether the step that runs now must not wait. */
  readonly noWait: boolean;
  /** Set to the lock that the step has to wait for. */
  blockedBy: LockRequest | undefined;
}

/**
 * Locks a key; returns a promise when the step has to wait.
 * @throws {MemStoreError} LOCK_UNAVAILABLE when it would have to but must not
 */
export function acquireKey(tx: Locker, key: string, mode: LockMode): Promise<void> | undefined {
  const { engine, session } = tx;
  if (engine.expiry.size !== 0) engine.removals.expireIfDue(key);
  if (tx.noWait) {
    if (!session.tryLock(key, mode)) throw unavailable(JSON.stringify(key));
    return undefined;
  }
  const waiting = session.lock(key, mode);
  if (waiting !== undefined) tx.blockedBy = { key, mode };
  return waiting;
}

/** Locks a range for a scan, as `acquireKey` locks a key. */
export function acquireRange(tx: Locker, range: KeyRange): Promise<void> | undefined {
  const { engine, session } = tx;
  engine.removals.expireDueIn(range);
  if (tx.noWait) {
    if (!session.tryLockRange(range)) throw unavailable(`a key from ${JSON.stringify(range.from)} on`);
    return undefined;
  }
  const waiting = session.lockRange(range);
  if (waiting !== undefined) tx.blockedBy = { range, mode: 'shared' };
  return waiting;
}

/** Locks a key exclusively unless that would mean waiting. */
export function tryAcquireKey({ engine, session }: Locker, key: string): boolean {
  if (engine.expiry.size !== 0) engine.removals.expireIfDue(key);
  return session.tryLock(key, 'exclusive');
}

function unavailable(what: string): MemStoreError {
  const message = `The lock on ${what} is not free, and the operation was asked not to wait.`;
  return new MemStoreError('LOCK_UNAVAILABLE', message);
}
