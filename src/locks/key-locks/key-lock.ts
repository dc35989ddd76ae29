import type { KeyLockSession } from './key-lock-session.ts';
import type { WaitQueue } from './wait-queue.ts';

/**
 * The lock on one key: its holders and its waiters. It exists only while it has a holder or a waiter. A
 * single holder is the common case and needs no set. The queue is created with the first waiter.
 */
export class KeyLock {
  readonly key: string;
  exclusive: boolean;
  /**
   * One of the holders. Undefined if no session holds the lock, but requests wait because of a range lock.
   */
  holder: KeyLockSession | undefined;
  /** The other holders of a shared lock. */
  #sharers: Set<KeyLockSession> | undefined = undefined;
  queue: WaitQueue | undefined = undefined;

  constructor(key: string, exclusive: boolean, holder: KeyLockSession | undefined) {
    this.key = key;
    this.exclusive = exclusive;
    this.holder = holder;
  }

  get hasWaiters(): boolean {
    return this.queue !== undefined && !this.queue.isEmpty();
  }

  /**
   * The ticket of the first exclusive request for this key. Requests with a greater ticket are queued behind
   * it.
   */
  get firstExclusiveTicket(): number {
    return this.queue === undefined ? Number.POSITIVE_INFINITY : this.queue.firstExclusiveTicket;
  }

  isHeldBy(session: KeyLockSession): boolean {
    return this.holder === session || (this.#sharers?.has(session) ?? false);
  }

  isHeldOnlyBy(session: KeyLockSession): boolean {
    return this.holder === session && (this.#sharers === undefined || this.#sharers.size === 0);
  }

  /** Returns whether another session holds a lock that conflicts with this mode. */
  conflictsWith(session: KeyLockSession, exclusive: boolean): boolean {
    if (this.holder === undefined) return false;
    if (this.exclusive) return this.holder !== session;
    return exclusive && !this.isHeldOnlyBy(session);
  }

  /** Adds a holder. REQUIRES: no other holder conflicts. */
  addHolder(session: KeyLockSession, exclusive: boolean): void {
    if (exclusive) this.exclusive = true;
    if (this.holder === undefined) {
      this.holder = session;
    } else if (!this.isHeldBy(session)) {
      this.#sharers ??= new Set();
      this.#sharers.add(session);
    }
  }

  /** Removes a holder. REQUIRES: the session is a holder. */
  removeHolder(session: KeyLockSession): void {
    this.exclusive = false;
    if (this.holder !== session) {
      this.#sharers?.delete(session);
      return;
    }
    this.holder = undefined;
    if (this.#sharers === undefined) return;
    for (const sharer of this.#sharers) {
      this.holder = sharer;
      this.#sharers.delete(sharer);
      return;
    }
  }

  eachHolder(visit: (holder: KeyLockSession) => void): void {
    if (this.holder === undefined) return;
    visit(this.holder);
    if (this.#sharers !== undefined) for (const sharer of this.#sharers) visit(sharer);
  }
}
