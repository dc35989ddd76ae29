import type { KeyRange } from '../contract/key-range.ts';
import type { CycleStep, LockMode, LockReport, LockRow } from '../contract/lock-report.ts';

/** The part of a transaction that a lock strategy uses. */
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
   * Rolls back the victim of a deadlock. Calls `withdraw` and `releaseAll` of the victim's session before it
   * returns.
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
  /** Creates the lock manager of one store. */
  create(host: LockHost): LockManager;
}

/**
 * Grants locks, queues requests, and chooses the victims of deadlocks. Locking is strict two-phase: a
 * transaction keeps each lock until its end.
 *
 * INVARIANTS (the lock suite of `memstore-tx/testing` checks them):
 * - Two sessions never hold conflicting locks. An exclusive lock on a key conflicts with any other lock on
 *   the key, and with any range lock that covers the key.
 * - A request that can be granted is granted synchronously: `lock` returns `undefined`, not a promise.
 * - A new request waits behind incompatible waiting requests. `LockSession.lock` lists the exceptions.
 * - No request waits for ever. If a request closes a cycle of waits that no reordering of the queues can
 *   break, `lock` calls `LockHost.abortVictim` before it returns. The victim is the youngest transaction of
 *   the cycle.
 * - When no session holds a lock or waits for one, the manager keeps nothing in memory.
 */
export interface LockManager {
  /** Creates the session of one transaction. A session that never requested a lock need not be released. */
  session(owner: LockOwner): LockSession;
  /** Returns whether a session holds a lock on this key, or on a range that contains it. */
  isLocked(key: string): boolean;
  /** Returns whether no session holds a lock or waits for one. */
  isIdle(): boolean;
  /**
   * Returns the id of the transaction that holds an exclusive lock on the key, or `undefined` if there is
   * none.
   */
  exclusiveHolder(key: string): number | undefined;
  /** Returns all held locks and waiting requests. */
  report(): LockReport;
  /**
   * Yields the rows of the report one by one. Locks may change between the steps. A lock that is held all the
   * time is yielded exactly once. Optional: without it, a server creates the whole report in one call.
   */
  rows?(): Iterable<LockRow>;
}

/**
 * The locks and the waiting request of one transaction. A session waits for at most one lock at a time. While
 * a request of this session waits, the store requests no other lock through it.
 */
export interface LockSession {
  /**
   * Requests a lock on a key. Returns `undefined` if the lock is granted synchronously, or a promise if the
   * request must wait.
   *
   * - Re-entrant: if the session already holds a lock in this mode on the key, or on a range that contains
   *   it, the request is granted.
   * - Upgrade: if the session holds a shared lock and requests an exclusive one, the request goes to the
   *   front of the queue.
   * - A request never queues behind a waiter that waits, directly or through others, for this transaction. If
   *   it is compatible with the holders, it is granted ahead of such waiters.
   *
   * The promise resolves when the lock is granted, and rejects with the reason given to `withdraw`. If this
   * transaction is the victim of the deadlock that the request closes, the promise is already rejected.
   * @throws {MemStoreError} as a rejection: the reason of `withdraw`, such as DEADLOCK or LOCK_TIMEOUT
   */
  lock(key: string, mode: LockMode): Promise<void> | undefined;
  /** Requests a lock without waiting and without aborting a victim. Returns whether the lock was granted. */
  tryLock(key: string, mode: LockMode): boolean;
  /**
   * Requests a shared lock on all keys of a range, with or without an entry. An empty range is granted
   * immediately.
   */
  lockRange(range: KeyRange): Promise<void> | undefined;
  /** Requests a shared lock on a range without waiting. Returns whether the lock was granted. */
  tryLockRange(range: KeyRange): boolean;
  /** Removes the waiting request of this session, if there is one. Its promise rejects with `reason`. */
  withdraw(reason: unknown): void;
  /**
   * Releases all locks, and grants the requests that waited for them. REQUIRES: no request of this session
   * waits.
   */
  releaseAll(): void;
  /**
   * Releases about `most` locks, in the same way as `releaseAll`. Returns whether there are more. The store
   * calls it again in later turns of the event loop until it returns `false`, and calls nothing else of this
   * session. Optional: a strategy does not need it if its `releaseAll` takes at most a few milliseconds.
   */
  releaseSome?(most: number): boolean;
}
