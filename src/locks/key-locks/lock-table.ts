import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { CycleStep, HeldLock, LockReport, LockRow, WaitingLock } from '../../contract/lock-report.ts';
import type { WaitGraph } from '../wait-graph.ts';
import { KeyLock } from './key-lock.ts';
import type { KeyLockSession } from './key-lock-session.ts';
import { LockIndex } from './lock-index.ts';
import type { RangeLock } from './range-lock.ts';
import { RangeQueue } from './range-queue.ts';

import type { Waiter } from './waiter.ts';

/** If a session holds more locks than this, a cycle search is cheaper than checking each lock for waiters. */
const FEW_HELD = 8;

/** The number of locks that the sole session may add without a check for duplicates. */
const MAX_SOLE_LOCKS = 64;

/**
 * The held locks and the waiting requests. Two relations decide whether a request must wait (call `settle`
 * first):
 *
 * - A request conflicts with a *holder* (`heldAgainst`). It is blocked until the holder ends.
 * - A request conflicts with an earlier *waiter* (`queuedAgainst`). The waiter with the smaller ticket is
 *   earlier.
 *
 * The same two relations are the edges of the wait-for graph.
 */
export class LockTable implements WaitGraph<KeyLockSession> {
  /** The locks that have holders or waiters, by key. */
  readonly locks: LockIndex = new LockIndex();
  /**
   * The only session that has locks. All its requests are granted, so its locks are not in `locks`. The
   * session keeps them in its own list, possibly several for one key. `settle` moves them to `locks` as soon
   * as another session needs a lock, or a caller asks about locks. This is a biased lock (K. Kawachiya, A.
   * Koseki and T. Onodera, "Lock Reservation", 2002).
   */
  #soleSession: KeyLockSession | undefined = undefined;
  /** The number of requests that wait for single keys. */
  keyWaiters = 0;
  readonly ranges: Set<RangeLock> = new Set();
  readonly rangeQueue: RangeQueue = new RangeQueue();

  /** Whether no range is locked or requested. Then keys need not be compared with ranges. */
  get hasNoRanges(): boolean {
    return this.ranges.size === 0 && this.rangeQueue.isEmpty();
  }

  /** Grants the lock if no other session has any locks. Returns whether it was granted. */
  tryLockAsSole(session: KeyLockSession, key: string, exclusive: boolean): boolean {
    if (this.#soleSession !== session) {
      if (this.#soleSession !== undefined || !this.isIdle()) return false;
      this.#soleSession = session;
    }
    const { firstHeld, othersHeld } = session;
    // A transaction that locks few keys usually has locked this key before, to read it.
    if (exclusive && firstHeld?.key === key) {
      firstHeld.exclusive = true;
      return true;
    }
    if (othersHeld !== undefined && othersHeld.length >= MAX_SOLE_LOCKS) return false;
    session.addHeld(new KeyLock(key, exclusive, session));
    return true;
  }

  /** Releases the locks of the sole session. Returns false if this is not the sole session. */
  releaseSole(session: KeyLockSession): boolean {
    if (this.#soleSession !== session) return false;
    this.#soleSession = undefined;
    session.forgetHeld();
    return true;
  }

  /**
   * Moves the locks of the sole session to `locks`. Call it before any operation that involves more than one
   * session.
   */
  settle(): void {
    if (this.#soleSession === undefined) return;
    const locks = [...this.#soleSession.held()];
    const session = this.#soleSession;
    this.#soleSession = undefined;
    session.forgetHeld();
    for (const lock of locks) {
      const known = this.locks.get(lock.key);
      if (known === undefined) {
        this.locks.add(lock);
        session.addHeld(lock);
      } else if (lock.exclusive) {
        known.exclusive = true;
      }
    }
  }

  /** Adds a lock. Does nothing if the table already contains it. */
  add(lock: KeyLock): void {
    if (this.locks.get(lock.key) === undefined) this.locks.add(lock);
  }

  forgetOrderIfUnused(): void {
    if (this.hasNoRanges) this.locks.forgetOrder();
  }

  isReentrant(session: KeyLockSession, key: string, lock: KeyLock | undefined, exclusive: boolean): boolean {
    if (exclusive) return lock?.exclusive === true && lock.holder === session;
    return this.isHolder(session, key, lock);
  }

  isHolder(session: KeyLockSession, key: string, lock: KeyLock | undefined): boolean {
    return lock?.isHeldBy(session) === true || session.coversByRange(key);
  }

  /** Returns whether a lock that another session holds blocks this request. */
  heldAgainst({ session, lock, range, exclusive }: Waiter): boolean {
    if (lock !== undefined) {
      return (
        lock.conflictsWith(session, exclusive) || (exclusive && this.#isRangeHeldByOther(session, lock.key))
      );
    }
    if (this.locks.size > 0)
      for (const held of this.locks.in(range)) if (held.exclusive && held.holder !== session) return true;
    return false;
  }

  #isRangeHeldByOther(session: KeyLockSession, key: string): boolean {
    for (const lock of this.ranges) if (lock.session !== session && covers(lock.range, key)) return true;
    return false;
  }

  /** Returns whether a waiting request with a ticket below `ticket` conflicts with this request. */
  queuedAgainst(waiter: Waiter, ticket: number): boolean {
    const { lock, range, exclusive } = waiter;
    if (lock === undefined) {
      return this.contendedIn(range).some((contended) => contended.firstExclusiveTicket < ticket);
    }
    const head = lock.queue?.head;
    // Most waiters that are checked are at the head of their queue. Then this check avoids walking the queue.
    const isFirst = head === undefined || head === waiter;
    if (!exclusive) return !isFirst && lock.firstExclusiveTicket < ticket;
    return !isFirst || this.#isRangeQueuedBefore(lock.key, ticket);
  }

  /** Returns the locks in a range that have waiters. The list does not change with the table. */
  contendedIn(range: KeyRange): KeyLock[] {
    const contended: KeyLock[] = [];
    if (this.keyWaiters > 0)
      for (const lock of this.locks.in(range)) if (lock.hasWaiters) contended.push(lock);
    return contended;
  }

  /** Returns the ticket of the first range request that must keep waiting for this key. */
  endOfOpening(key: string): number {
    const lock = this.locks.get(key);
    if (lock === undefined) return Number.POSITIVE_INFINITY;
    return lock.exclusive ? Number.NEGATIVE_INFINITY : lock.firstExclusiveTicket;
  }

  #isRangeQueuedBefore(key: string, ticket: number): boolean {
    if (!this.rangeQueue.mayCover(key)) return false;
    for (const waiter of this.rangeQueue) {
      if (waiter.ticket >= ticket) return false;
      if (waiter.range !== undefined && covers(waiter.range, key)) return true;
    }
    return false;
  }

  // The wait-for graph

  /**
   * Returns false if certainly no request waits for this session. This check is cheaper than a cycle search.
   */
  isAwaited(session: KeyLockSession): boolean {
    if (session.ranges !== undefined) return true;
    if (session.othersHeld !== undefined && session.othersHeld.length > FEW_HELD) return true;
    for (const lock of session.held()) {
      if (lock.hasWaiters) return true;
      if (lock.exclusive && this.#isRangeQueuedBefore(lock.key, Number.POSITIVE_INFINITY)) return true;
    }
    return false;
  }

  /** Returns the blocking holders that wait themselves, because no cycle contains the others. */
  holdersAwaitedBy(session: KeyLockSession): readonly KeyLockSession[] {
    return this.#holdersInTheWayOf(session, (holder) => holder.waiting !== undefined);
  }

  #holdersInTheWayOf(
    session: KeyLockSession,
    isOfInterest: (holder: KeyLockSession) => boolean,
  ): readonly KeyLockSession[] {
    const found: KeyLockSession[] = [];
    const note = (holder: KeyLockSession): void => {
      if (holder !== session && isOfInterest(holder)) found.push(holder);
    };
    const waiter = session.waiting;
    if (waiter?.range !== undefined) {
      for (const held of this.locks.in(waiter.range))
        if (held.exclusive && held.holder !== undefined) note(held.holder);
    } else if (waiter !== undefined) {
      const { lock, exclusive } = waiter;
      if (exclusive || lock.exclusive) lock.eachHolder(note);
      if (exclusive) for (const held of this.ranges) if (covers(held.range, lock.key)) note(held.session);
    }
    return found;
  }

  /**
   * Yields only the waiters ahead that lead to further owners. An exclusive request waits for every holder
   * that the requests ahead of it on its key wait for, so these requests are omitted. For a shared request,
   * the last exclusive request ahead leads to all the others.
   */
  *waitersAheadOf(session: KeyLockSession): Iterable<KeyLockSession> {
    const waiter = session.waiting;
    if (waiter === undefined) return;
    if (waiter.lock === undefined) {
      for (const { queue } of this.contendedIn(waiter.range)) {
        const ahead = queue?.lastExclusiveBefore(waiter.ticket);
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
    if (session.waiting === undefined) throw new Error(`Transaction ${session.id} does not wait for a lock.`);
    return session.waiting.step;
  }

  // Queries about locks

  isLocked(key: string): boolean {
    if (this.locks.get(key)?.holder !== undefined) return true;
    for (const lock of this.ranges) if (covers(lock.range, key)) return true;
    return false;
  }

  isIdle(): boolean {
    return this.#soleSession === undefined && this.locks.size === 0 && this.hasNoRanges;
  }

  exclusiveHolder(key: string): number | undefined {
    const lock = this.locks.get(key);
    return lock?.exclusive ? lock.holder?.id : undefined;
  }

  report(): LockReport {
    const held: HeldLock[] = [];
    const waiting: WaitingLock[] = [];
    for (const [state, lock] of this.rows()) {
      if (state === 'held') held.push(lock);
      else waiting.push(lock);
    }
    return { held, waiting };
  }

  /** Yields the rows of the report. The table may change between the steps. */
  *rows(): Generator<LockRow, void> {
    for (const lock of this.locks) {
      const mode = lock.exclusive ? 'exclusive' : 'shared';
      const rows: LockRow[] = [];
      lock.eachHolder(({ id }) => rows.push(['held', { transactionId: id, key: lock.key, mode }]));
      for (const waiter of lock.queue ?? []) rows.push(['waiting', this.#reportWaiter(waiter)]);
      yield* rows;
    }
    for (const { session, range } of this.ranges)
      yield ['held', { transactionId: session.id, range, mode: 'shared' }];
    for (const waiter of [...this.rangeQueue])
      if (waiter.session.waiting === waiter) yield ['waiting', this.#reportWaiter(waiter)];
  }

  #reportWaiter(waiter: Waiter): WaitingLock {
    const waitsFor = new Set<number>();
    for (const { id } of this.#holdersInTheWayOf(waiter.session, () => true)) waitsFor.add(id);
    for (const { id } of this.waitersAheadOf(waiter.session)) waitsFor.add(id);
    return { ...waiter.step, waitsFor: [...waitsFor] };
  }
}
