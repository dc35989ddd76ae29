import { covers } from '../../key-range.ts';
import type { CycleStep, HeldLock, LockReport, WaitingLock } from '../lock-strategy.ts';
import type { WaitGraph } from '../wait-graph.ts';
import type { KeyLock } from './key-lock.ts';
import type { KeyLockSession } from './key-lock-session.ts';
import type { RangeLock } from './range-lock.ts';
import { WaitQueue } from './wait-queue.ts';
import type { Waiter } from './waiter.ts';

/**
 * Who holds and who waits, and the two relations that decide everything:
 *
 * - A request conflicts with a *holder* (`heldAgainst`): only the holder's end lets it go on.
 * - A request conflicts with an earlier *waiter* (`queuedAgainst`): tickets say who is earlier.
 *
 * The same two relations are the edges of the wait-for graph.
 */
export class LockTable implements WaitGraph<KeyLockSession> {
  /** The locks that are held or waited for, by key. */
  readonly locks: Map<string, KeyLock> = new Map();
  /** The locks that somebody waits for. */
  readonly contended: Set<KeyLock> = new Set();
  readonly ranges: Set<RangeLock> = new Set();
  readonly rangeQueue: WaitQueue = new WaitQueue();

  /** True while no range is locked or asked for: then keys need not be compared with ranges. */
  get hasNoRanges(): boolean {
    return this.ranges.size === 0 && this.rangeQueue.isEmpty();
  }

  isReentrant(session: KeyLockSession, key: string, lock: KeyLock | undefined, exclusive: boolean): boolean {
    if (exclusive) return lock?.exclusive === true && lock.holder === session;
    return this.isHolder(session, key, lock);
  }

  isHolder(session: KeyLockSession, key: string, lock: KeyLock | undefined): boolean {
    return lock?.isHeldBy(session) === true || session.coversByRange(key);
  }

  /** True when a lock that another session holds is in the way. */
  heldAgainst({ session, lock, range, exclusive }: Waiter): boolean {
    if (lock !== undefined) {
      return (
        lock.conflictsWith(session, exclusive) || (exclusive && this.#isRangeHeldByOther(session, lock.key))
      );
    }
    for (const held of this.locks.values()) {
      if (held.exclusive && held.holder !== session && covers(range, held.key)) return true;
    }
    return false;
  }

  #isRangeHeldByOther(session: KeyLockSession, key: string): boolean {
    for (const lock of this.ranges) if (lock.session !== session && covers(lock.range, key)) return true;
    return false;
  }

  /** True when a request that conflicts with this one waits with a ticket below `ticket`. */
  queuedAgainst(waiter: Waiter, ticket: number): boolean {
    const { lock, range, exclusive } = waiter;
    if (lock === undefined) {
      for (const contended of this.contended) {
        if (covers(range, contended.key) && contended.queue?.lastExclusiveBefore(ticket) !== undefined)
          return true;
      }
      return false;
    }
    const head = lock.queue?.head;
    // Queues are worked off from the head, so this spares a walk for each of them.
    const isFirst = head === undefined || head === waiter;
    if (!exclusive) return !isFirst && lock.queue?.lastExclusiveBefore(ticket) !== undefined;
    return !isFirst || this.#isRangeQueuedBefore(lock.key, ticket);
  }

  #isRangeQueuedBefore(key: string, ticket: number): boolean {
    for (const waiter of this.rangeQueue) {
      if (waiter.ticket >= ticket) return false;
      if (waiter.range !== undefined && covers(waiter.range, key)) return true;
    }
    return false;
  }

  // The wait-for graph

  *holdersAwaitedBy(session: KeyLockSession): Iterable<KeyLockSession> {
    const waiter = session.waiting;
    if (waiter === undefined) return;
    if (waiter.lock === undefined) {
      for (const lock of this.locks.values()) {
        if (!lock.exclusive || lock.holder === undefined || lock.holder === session) continue;
        if (covers(waiter.range, lock.key)) yield lock.holder;
      }
      return;
    }
    if (waiter.exclusive || waiter.lock.exclusive) {
      for (const holder of waiter.lock.holders()) if (holder !== session) yield holder;
    }
    if (!waiter.exclusive) return;
    for (const lock of this.ranges) {
      if (lock.session !== session && covers(lock.range, waiter.lock.key)) yield lock.session;
    }
  }

  /**
   * Of the waiters ahead only those are given that lead to somebody new. An exclusive request waits for
   * every holder that the requests ahead of it on its key wait for, so of these none is given; to a shared
   * one the last exclusive request ahead leads to all the others.
   */
  *waitersAheadOf(session: KeyLockSession): Iterable<KeyLockSession> {
    const waiter = session.waiting;
    if (waiter === undefined) return;
    if (waiter.lock === undefined) {
      for (const lock of this.contended) {
        if (!covers(waiter.range, lock.key)) continue;
        const ahead = lock.queue?.lastExclusiveBefore(waiter.ticket);
        if (ahead !== undefined) yield ahead.session;
      }
    } else if (waiter.exclusive) {
      for (const ahead of this.rangeQueue) {
        if (ahead.ticket >= waiter.ticket) return;
        if (ahead.range !== undefined && covers(ahead.range, waiter.lock.key)) yield ahead.session;
      }
    } else {
      const ahead = waiter.lock.queue?.lastExclusiveBefore(waiter.ticket);
      if (ahead !== undefined) yield ahead.session;
    }
  }

  stepOf(session: KeyLockSession): CycleStep {
    if (session.waiting === undefined) throw new Error(`transaction ${session.id} does not wait`);
    return session.waiting.step;
  }

  // What is held, for others to ask

  isLocked(key: string): boolean {
    if (this.locks.get(key)?.holder !== undefined) return true;
    for (const lock of this.ranges) if (covers(lock.range, key)) return true;
    return false;
  }

  isIdle(): boolean {
    return this.locks.size === 0 && this.hasNoRanges;
  }

  exclusiveHolder(key: string): number | undefined {
    const lock = this.locks.get(key);
    return lock?.exclusive ? lock.holder?.id : undefined;
  }

  report(): LockReport {
    const held: HeldLock[] = [];
    const waiting: WaitingLock[] = [];
    for (const lock of this.locks.values()) {
      const mode = lock.exclusive ? 'exclusive' : 'shared';
      for (const { id } of lock.holders()) held.push({ transactionId: id, key: lock.key, mode });
      for (const waiter of lock.queue ?? []) waiting.push(this.#reportWaiter(waiter));
    }
    for (const { session, range } of this.ranges)
      held.push({ transactionId: session.id, range, mode: 'shared' });
    for (const waiter of this.rangeQueue) waiting.push(this.#reportWaiter(waiter));
    return { held, waiting };
  }

  #reportWaiter(waiter: Waiter): WaitingLock {
    const waitsFor = new Set<number>();
    for (const { id } of this.holdersAwaitedBy(waiter.session)) waitsFor.add(id);
    for (const { id } of this.waitersAheadOf(waiter.session)) waitsFor.add(id);
    return { ...waiter.step, waitsFor: [...waitsFor] };
  }
}
