import type { KeyRange } from '../contract/key-range.ts';
import type { CycleStep, LockMode, LockReport, LockRow } from '../contract/lock-report.ts';

/** A transaction, as a lock strategy sees it. */
export interface LockOwner {
  readonly id: number;
  /**
   * Orders transactions from old (small) to young (large): the id of the first attempt, kept when
   * the transaction is retried. No two transactions alive at once have the same age.
   */
  readonly age: number;
}

/** What the store does for a lock strategy. */
export interface LockHost {
  /**
   * Rolls the victim of a deadlock back. Before this returns the victim's session has had
   * `withdraw` and `releaseAll` called on it.
   */
  abortVictim(victim: LockOwner, cycle: readonly CycleStep[]): void;
}

/** Decides which locks a store uses. One strategy object may serve several stores. */
export interface LockStrategy {
  readonly name: string;
  create(host: LockHost): LockManager;
}

/**
 * Who may go on now, who waits, and who is the victim.
 *
 * INVARIANTS (the lock suite of `memstore-tx/testing` checks them):
 * - Two sessions never hold conflicting locks: an exclusive lock on a key conflicts with any lock on the
 *   key and with a range lock that covers it, whoever came first.
 * - A request that can be granted is granted at once, by returning `undefined` and not a promise.
 * - A compatible newcomer waits behind a waiting incompatible request, except as `LockSession.lock` says.
 * - Nobody waits for ever: when a request blocks and closes a cycle of waits that no order of the queues
 *   can break, the youngest transaction of the cycle is handed to `LockHost.abortVictim` before `lock`
 *   returns.
 * - When no session holds or waits, nothing remains in memory.
 */
export interface LockManager {
  /** Starts the bookkeeping of one transaction. It costs nothing to drop a session that never locked. */
  session(owner: LockOwner): LockSession;
  /** True when some session holds a lock on this key, by itself or by a range. */
  isLocked(key: string): boolean;
  /** True when no session holds or waits for anything. */
  isIdle(): boolean;
  /** The id of the transaction that holds the key exclusively. */
  exclusiveHolder(key: string): number | undefined;
  report(): LockReport;
  /**
   * Yields the rows of the report one by one. Locks may change between the steps; a lock that is held
   * throughout comes once. Optional: without it, a server makes the whole report in one call.
   */
  rows?(): Iterable<LockRow>;
}

/**
 * What one transaction holds and waits for. A session waits for at most one lock at a time: the store
 * calls `lock`, `tryLock` and their range forms only while nothing of this session waits.
 */
export interface LockSession {
  /**
   * Asks for a lock on a key. Returns `undefined` when the lock is held, a promise when it must wait.
   *
   * - Re-entrant: what is held already, alone or by a range, in the mode asked for, is granted at once.
   * - Upgrade: a holder of a shared lock who asks for the exclusive one goes ahead of the queue.
   * - A request never queues behind a waiter that itself waits, directly or through others, for this
   *   transaction; if it is compatible with the holders it is granted ahead.
   *
   * The promise resolves when the lock is held and rejects with the reason given to `withdraw`.
   * If this transaction is the victim of the deadlock that the request closes, the promise that is
   * returned is rejected already.
   */
  lock(key: string, mode: LockMode): Promise<void> | undefined;
  /** Like `lock`, but never waits and never makes a victim: returns whether the lock is held. */
  tryLock(key: string, mode: LockMode): boolean;
  /** Asks for a shared lock on every key of a range, present or absent. An empty range is granted at once. */
  lockRange(range: KeyRange): Promise<void> | undefined;
  tryLockRange(range: KeyRange): boolean;
  /** Takes the waiting request, if there is one, out of its queue now; its promise rejects with `reason`. */
  withdraw(reason: unknown): void;
  /** Gives every lock back and lets those who waited go on. REQUIRES: nothing of this session waits. */
  releaseAll(): void;
  /**
   * Releases about `most` locks, as `releaseAll` does, and returns whether there are more. The store calls it
   * again in later turns of the event loop until it returns false, and calls nothing else of this session.
   * Optional if `releaseAll` never takes more than a few milliseconds.
   */
  releaseSome?(most: number): boolean;
}
