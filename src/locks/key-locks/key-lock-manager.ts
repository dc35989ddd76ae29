import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { LockReport, LockRow } from '../../contract/lock-report.ts';
import type { LockHost, LockManager, LockOwner } from '../lock-strategy.ts';
import { breakHardCycles, hardClosure, isInCycle } from '../wait-graph.ts';
import { KeyLock } from './key-lock.ts';
import { KeyLockSession } from './key-lock-session.ts';
import { LockTable } from './lock-table.ts';
import { RangeLock } from './range-lock.ts';
import { WaitQueue } from './wait-queue.ts';
import { KeyWaiter, RangeWaiter, type Waiter } from './waiter.ts';

/**
 * Grants and queues lock requests. Each waiting request has a ticket, and tickets increase in request order.
 * An upgrade, or a request that is moved to the front, gets a ticket below all others.
 *
 * INVARIANT: whenever a call returns, the wait-for graph (hard and soft edges) has no cycle, so some
 * transaction can always continue. docs/design.md shows why `block` maintains this.
 */
export class KeyLockManager implements LockManager {
  readonly #host: LockHost;
  readonly table: LockTable = new LockTable();
  #lastTicket = 0;
  #firstTicket = 0;

  constructor(host: LockHost) {
    this.#host = host;
  }

  session(owner: LockOwner): KeyLockSession {
    return new KeyLockSession(this, owner);
  }

  // Requests

  /** Requests a lock on a key. REQUIRES: `lock` is the entry of the table for `key`. */
  request(
    session: KeyLockSession,
    key: string,
    lock: KeyLock | undefined,
    exclusive: boolean,
  ): Promise<void> | undefined {
    if (this.table.isReentrant(session, key, lock, exclusive)) return undefined;
    const waiter = new KeyWaiter(session, lock ?? new KeyLock(key, false, undefined), exclusive);
    const upgrade = exclusive && this.table.isHolder(session, key, lock);
    if (
      !this.table.heldAgainst(waiter) &&
      (upgrade || !this.table.queuedAgainst(waiter, Number.POSITIVE_INFINITY))
    ) {
      this.#hold(waiter);
      return undefined;
    }
    return this.#block(waiter, upgrade);
  }

  /** Requests a lock on a key without waiting. REQUIRES: `lock` is the entry of the table for `key`. */
  tryRequest(session: KeyLockSession, key: string, lock: KeyLock | undefined, exclusive: boolean): boolean {
    if (this.table.isReentrant(session, key, lock, exclusive)) return true;
    const waiter = new KeyWaiter(session, lock ?? new KeyLock(key, false, undefined), exclusive);
    const upgrade = exclusive && this.table.isHolder(session, key, lock);
    return this.#tryHold(waiter, upgrade);
  }

  requestRange(session: KeyLockSession, range: KeyRange): Promise<void> | undefined {
    if (session.ranges?.some((lock) => lock.covers(range))) return undefined;
    const waiter = new RangeWaiter(session, range);
    if (!this.table.heldAgainst(waiter) && !this.table.queuedAgainst(waiter, Number.POSITIVE_INFINITY)) {
      this.#hold(waiter);
      return undefined;
    }
    return this.#block(waiter, false);
  }

  tryRequestRange(session: KeyLockSession, range: KeyRange): boolean {
    if (session.ranges?.some((lock) => lock.covers(range))) return true;
    const isHeld = this.#tryHold(new RangeWaiter(session, range), false);
    if (!isHeld) this.table.forgetOrderIfUnused();
    return isHeld;
  }

  #tryHold(waiter: Waiter, upgrade: boolean): boolean {
    if (this.table.heldAgainst(waiter)) return false;
    if (
      !upgrade &&
      this.table.queuedAgainst(waiter, Number.POSITIVE_INFINITY) &&
      !this.#isAwaitedByQueue(waiter)
    ) {
      return false;
    }
    this.#hold(waiter);
    return true;
  }

  /**
   * Returns whether a waiter that this request would queue behind waits for its session, directly or through
   * others.
   */
  #isAwaitedByQueue(waiter: Waiter): boolean {
    if (!this.table.isAwaited(waiter.session)) return false;
    this.#enqueue(waiter, false);
    const awaited = isInCycle(waiter.session, this.table);
    this.#dequeue(waiter);
    return awaited;
  }

  // Waiting

  #block(waiter: Waiter, upgrade: boolean): Promise<void> | undefined {
    const { session } = waiter;
    this.#enqueue(waiter, upgrade);
    // A cycle through this session needs an owner that waits for it.
    if (!this.table.isAwaited(session)) return waiter.promise;

    // Every hard edge is also an edge of the whole graph. So if the search of the whole graph finds no cycle,
    // a search of the hard edges is not needed.
    if (!isInCycle(session, this.table)) return waiter.promise;

    breakHardCycles(session, this.table, (victim, cycle) => this.#host.abortVictim(victim.owner, cycle));
    if (session.waiting === waiter && isInCycle(session, this.table)) this.#moveToFront(waiter);
    return waiter.isGranted ? undefined : waiter.promise;
  }

  /**
   * Removes every cycle of queue order through this waiter. The waiter, and all waiters that it needs in any
   * order of the queues, move to the front. The waiter itself comes last, and the others keep their order.
   */
  #moveToFront(requester: Waiter): void {
    const moved: Waiter[] = [];
    for (const { waiting } of hardClosure(requester.session, this.table)) {
      if (waiting !== undefined && waiting !== requester) moved.push(waiting);
    }
    moved.sort((a, b) => a.ticket - b.ticket).push(requester);
    for (const waiter of moved.toReversed()) {
      const queue = this.#queueOf(waiter);
      queue.remove(waiter);
      waiter.ticket = --this.#firstTicket;
      queue.pushHead(waiter);
    }
    for (const waiter of moved) this.#grantIfFree(waiter);
  }

  #queueOf(waiter: Waiter): WaitQueue {
    if (waiter.lock === undefined) return this.table.rangeQueue;
    waiter.lock.queue ??= new WaitQueue();
    return waiter.lock.queue;
  }

  #enqueue(waiter: Waiter, ahead: boolean): void {
    const queue = this.#queueOf(waiter);
    if (ahead) {
      waiter.ticket = --this.#firstTicket;
      queue.pushHead(waiter);
    } else {
      waiter.ticket = ++this.#lastTicket;
      queue.pushTail(waiter);
    }
    waiter.session.waiting = waiter;
    if (waiter.lock === undefined) return;
    this.table.keyWaiters++;
    this.table.add(waiter.lock);
  }

  #dequeue(waiter: Waiter): void {
    this.#queueOf(waiter).remove(waiter);
    waiter.session.waiting = undefined;
    if (waiter.lock === undefined) {
      this.table.forgetOrderIfUnused();
    } else {
      this.table.keyWaiters--;
      this.#forgetIfUnused(waiter.lock);
    }
  }

  #forgetIfUnused(lock: KeyLock): void {
    if (lock.holder === undefined && !lock.hasWaiters) this.table.locks.delete(lock);
  }

  withdraw(waiter: Waiter, reason: unknown): void {
    this.#dequeue(waiter);
    waiter.withdraw(reason);
    if (waiter.lock === undefined) this.#grantKeysIn(waiter.range);
    else this.#grantQueue(waiter.lock);
    if (waiter.lock !== undefined && waiter.exclusive) this.#grantRanges([waiter.lock.key]);
  }

  // Granting

  #hold(waiter: Waiter): void {
    const { session, lock, range, exclusive } = waiter;
    if (lock !== undefined) {
      if (!lock.isHeldBy(session)) session.addHeld(lock);
      lock.addHolder(session, exclusive);
      this.table.add(lock);
      return;
    }
    session.ranges ??= [];
    if (session.ranges.some((held) => held.extend(range))) return;
    const held = new RangeLock(session, range);
    session.ranges.push(held);
    this.table.ranges.add(held);
  }

  #grantIfFree(waiter: Waiter): boolean {
    if (waiter.session.waiting !== waiter) return false;
    if (this.table.heldAgainst(waiter) || this.table.queuedAgainst(waiter, waiter.ticket)) return false;
    // Add the holder before the waiter leaves the queue, so that the lock is not dropped as unused in
    // between.
    this.#hold(waiter);
    this.#dequeue(waiter);
    waiter.grant();
    return true;
  }

  /** Grants the waiters that are no longer blocked, after the holders or the queue of a lock changed. */
  #grantQueue(lock: KeyLock): void {
    if (lock.queue === undefined) return;
    // If a waiter is blocked, the waiters behind it conflict with it or with the lock that blocks it.
    for (const waiter of lock.queue) if (!this.#grantIfFree(waiter)) return;
  }

  /**
   * Grants the range requests that are no longer blocked, after exclusive locks or requests were removed.
   * Range requests conflict with nothing else.
   */
  #grantRanges(freed: readonly string[]): void {
    const { rangeQueue } = this.table;
    const keys = freed.filter((key) => rangeQueue.mayCover(key));
    // Range requests with this ticket or a greater one are still blocked on every one of these keys.
    let endTicket = Number.NEGATIVE_INFINITY;
    for (const key of keys) endTicket = Math.max(endTicket, this.table.endOfOpening(key));
    for (const waiter of rangeQueue) {
      const { range, ticket } = waiter;
      if (ticket >= endTicket) return;
      if (range !== undefined && keys.some((key) => covers(range, key))) this.#grantIfFree(waiter);
    }
  }

  #grantKeysIn(range: KeyRange): void {
    for (const lock of this.table.contendedIn(range)) this.#grantQueue(lock);
  }

  releaseAll(session: KeyLockSession): void {
    // No other session waits for the locks of the sole session.
    if (this.table.releaseSole(session)) return;
    const { firstHeld, othersHeld, ranges } = session;
    // The freed keys matter only if range requests wait.
    const freed = this.table.rangeQueue.isEmpty() ? undefined : session.exclusiveKeys();
    session.forgetHeld();
    // Release all locks before granting any: a waiter may need several of them to be free.
    if (firstHeld !== undefined) this.#giveBack(firstHeld, session);
    if (othersHeld !== undefined) for (const lock of othersHeld) this.#giveBack(lock, session);
    if (ranges !== undefined) for (const lock of ranges) this.table.ranges.delete(lock);

    if (firstHeld !== undefined) this.#grantQueue(firstHeld);
    if (othersHeld !== undefined) for (const lock of othersHeld) this.#grantQueue(lock);
    if (freed !== undefined) this.#grantRanges(freed);
    if (ranges !== undefined) {
      for (const lock of ranges) this.#grantKeysIn(lock.range);
      this.table.forgetOrderIfUnused();
    }
  }

  /**
   * Releases some locks of a session. REQUIRES: the table contains them, and the session's list no longer
   * does.
   */
  releaseSome(session: KeyLockSession, locks: readonly KeyLock[]): void {
    const freed: string[] = [];
    if (!this.table.rangeQueue.isEmpty()) for (const lock of locks) if (lock.exclusive) freed.push(lock.key);
    for (const lock of locks) this.#giveBack(lock, session);
    for (const lock of locks) this.#grantQueue(lock);
    if (freed.length > 0) this.#grantRanges(freed);
  }

  #giveBack(lock: KeyLock, session: KeyLockSession): void {
    lock.removeHolder(session);
    this.#forgetIfUnused(lock);
  }

  isLocked(key: string): boolean {
    this.table.settle();
    return this.table.isLocked(key);
  }

  isIdle(): boolean {
    return this.table.isIdle();
  }

  exclusiveHolder(key: string): number | undefined {
    this.table.settle();
    return this.table.exclusiveHolder(key);
  }

  report(): LockReport {
    this.table.settle();
    return this.table.report();
  }

  rows(): Iterable<LockRow> {
    this.table.settle();
    return this.table.rows();
  }
}
