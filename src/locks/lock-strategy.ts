import type { KeyRange } from '../contract/key-range.ts';
import type { CycleStep, LockMode, LockReport, LockRow } from '../contract/lock-report.ts';

/** A transaction, as a lock strategy sees it. */
export interface LockOwner {
  /** The id of the transaction. */
  readonly id: number;
  /**
   * Orders transactions from old (small) to young (large). It is the id of the first attempt, and a retry
   * keeps it. No two open transactions have the same age.
   */
  readonly age: number;
}

/** The functions of the store that a lock strategy calls. */
export interface LockHost {
  /**
   * Rolls the victim of a deadlock back. Before it returns, it calls `withdraw` and `releaseAll` of the
   * victim's session.
   */
  abortVictim(victim: LockOwner, cycle: readonly CycleStep[]): void;
}

/**
 * Decides which locks a store uses. One strategy object may serve several stores.
 * @example
 * const store = new MemStore({ locks: mutexLocks({ stripes: 128 }) });
 */
export interface LockStrategy {
  /** The name of the strategy, for messages and tests. */
  readonly name: string;
  /** Creates the locks of one store. */
  create(host: LockHost): LockManager;
}

/**
 * Grants locks, queues requests, and chooses the victims of deadlocks (strict two-phase locking: a
 * transaction keeps each lock until its end).
 *
 * INVARIANTS (the lock suite of `memstore-tx/testing` checks them):
 * - Two sessions never hold conflicting locks: an exclusive lock on a key conflicts with any lock on the key,
 *   and with a range lock that covers it, in either order of the requests.
 * - If a request can be granted, it is granted at once: `lock` returns `undefined` and not a promise.
 * - A new compatible request waits behind a waiting incompatible one. `LockSession.lock` lists the
 *   exceptions.
 * - No request waits for ever. If a request closes a cycle of waits that no order of the queues can break,
 *   `lock` passes the youngest transaction of the cycle to `LockHost.abortVictim` before it returns.
 * - When no session holds a lock or waits for one, nothing remains in memory.
 */
export interface LockManager {
  /** Creates the session of one transaction. A session that never locked needs no release. */
  session(owner: LockOwner): LockSession;
  /** Returns whether a session holds a lock on this key, or on a range with this key. */
  isLocked(key: string): boolean;
  /** Returns whether no session holds a lock or waits for one. */
  isIdle(): boolean;
  /** Returns the id of the transaction that holds the key exclusively, or `undefined` if none does. */
  exclusiveHolder(key: string): number | undefined;
  /** Returns all held locks and waiting requests. */
  report(): LockReport;
  /**
   * Yields the rows of the report one by one. Locks may change between the steps. A lock that is held
   * throughout is yielded once. Optional: without it, a server creates the whole report in one call.
   */
  rows?(): Iterable<LockRow>;
}

/**
 * The locks and the waiting request of one transaction. A session waits for at most one lock at a time: the
 * store calls `lock`, `tryLock` and their range forms only if no request of this session waits.
 */
export interface LockSession {
  /**
   * Requests a lock on a key. Returns `undefined` if the lock is granted at once, and a promise if the
   * request must wait.
   *
   * - Re-entrant: if the session already holds the lock in this mode, by the key or a range, it is granted.
   * - Upgrade: a request for the exclusive lock by a holder of the shared one goes ahead of the queue.
   * - A request never queues behind a waiter that waits, directly or through others, for this transaction. If
   *   it is compatible with the holders, it is granted ahead of such waiters.
   *
   * The promise resolves when the lock is granted, and rejects with the reason given to `withdraw`. If this
   * transaction is the victim of the deadlock that the request closes, the promise is already rejected.
   */
  lock(key: string, mode: LockMode): Promise<void> | undefined;
  /** Requests a lock without waiting, and without a victim. Returns whether the lock is granted. */
  tryLock(key: string, mode: LockMode): boolean;
  /** Requests a shared lock on every key of a range, present or absent. Grants an empty range at once. */
  lockRange(range: KeyRange): Promise<void> | undefined;
  /** Requests a shared lock on a range without waiting. Returns whether the lock is granted. */
  tryLockRange(range: KeyRange): boolean;
  /** Removes the waiting request, if there is one, from its queue. Its promise rejects with `reason`. */
  withdraw(reason: unknown): void;
  /** Releases every lock and grants the requests behind it. REQUIRES: no request of this session waits. */
  releaseAll(): void;
  /**
   * Releases about `most` locks, as `releaseAll` does, and returns whether there are more. The store calls it
   * again in later turns of the event loop until it returns `false`, and calls nothing else of this session.
   * Optional: a strategy whose `releaseAll` takes at most a few milliseconds does not need it.
   */
  releaseSome?(most: number): boolean;
}
