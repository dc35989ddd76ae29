import type { KeyLockSession } from './key-lock-session.ts';
import type { WaitQueue } from './wait-queue.ts';

/**
 * The lock on one key: its holders, and those who wait. It exists only while there are any. One holder
 * is the common case and needs no set; the queue comes into being with the first waiter.
 */
export class KeyLock {
  readonly key: string;
  exclusive: boolean;
  /** One of the holders; undefined while the lock is free and somebody waits for another reason. */
  holder: KeyLockSession | undefined;
  /** The further holders of a shared lock. */
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

  /** Requests with this ticket or a greater one are queued behind an exclusive request for this key. */
  get firstExclusiveTicket(): number {
    return this.queue === undefined ? Number.POSITIVE_INFINITY : this.queue.firstExclusiveTicket;
  }

  isHeldBy(session: KeyLockSession): boolean {
    return this.holder === session || (this.#sharers?.has(session) ?? false);
  }

  isHeldOnlyBy(session: KeyLockSession): boolean {
    return this.holder === session && (this.#sharers === undefined || this.#sharers.size === 0);
  }

  /** True when someone else holds a lock that conflicts with one in this mode. */
  conflictsWith(session: KeyLockSession, exclusive: boolean): boolean {
    if (this.holder === undefined) return false;
    if (this.exclusive) return this.holder !== session;
    return exclusive && !this.isHeldOnlyBy(session);
  }

  /** REQUIRES: no other holder conflicts. */
  addHolder(session: KeyLockSession, exclusive: boolean): void {
    if (exclusive) this.exclusive = true;
    if (this.holder === undefined) {
      this.holder = session;
    } else if (!this.isHeldBy(session)) {
      this.#sharers ??= new Set();
      this.#sharers.add(session);
    }
  }

  /** REQUIRES: the session is a holder. */
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
