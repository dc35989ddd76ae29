import { covers, type KeyRange } from '../../key-range.ts';
import type {
  CycleStep,
  HeldLock,
  LockHost,
  LockManager,
  LockOwner,
  LockReport,
  WaitingLock,
} from '../lock-strategy.ts';
import { breakHardCycles, hardClosure, isInCycle, type WaitGraph } from '../wait-graph.ts';
import { KeyLock } from './key-lock.ts';
import { KeyLockSession } from './key-lock-session.ts';
import { RangeLock } from './range-lock.ts';
import { WaitQueue } from './wait-queue.ts';
import { KeyWaiter, RangeWaiter, type Waiter } from './waiter.ts';

/**
 * Grants, queues and refuses. Two relations decide everything, and each has one function:
 *
 * - A request conflicts with a *holder* (`heldAgainst`): only the holder's end lets it go on.
 * - A request conflicts with an earlier *waiter* (`queuedAgainst`): tickets say who is earlier. They grow
 *   with arrival; an upgrade, and whoever is moved to the front, gets one below all others.
 *
 * INVARIANT: the graph of both relations over all transactions has no cycle whenever a call returns, so
 * somebody can always go on. docs/design.md shows why `block` keeps it.
 */
export class KeyLockManager implements LockManager, WaitGraph<KeyLockSession> {
  readonly #host: LockHost;
  /** The locks that are held or waited for, by key. */
  readonly table: Map<string, KeyLock> = new Map();
  /** The locks of the table that somebody waits for. */
  readonly #contended = new Set<KeyLock>();
  readonly #ranges = new Set<RangeLock>();
  readonly #rangeQueue = new WaitQueue();
  #lastTicket = 0;
  #firstTicket = 0;

  constructor(host: LockHost) {
    this.#host = host;
  }

  session(owner: LockOwner): KeyLockSession {
    return new KeyLockSession(this, owner);
  }

  /** True while no range is locked or asked for: then keys need not be compared with ranges. */
  get hasNoRanges(): boolean {
    return this.#ranges.size === 0 && this.#rangeQueue.isEmpty();
  }

  // Requests

  /** REQUIRES: `lock` is what the table has under `key`. */
  request(
    session: KeyLockSession,
    key: string,
    lock: KeyLock | undefined,
    exclusive: boolean,
  ): Promise<void> | undefined {
    if (this.#isReentrant(session, key, lock, exclusive)) return undefined;
    const waiter = new KeyWaiter(session, lock ?? new KeyLock(key, false, undefined), exclusive);
    const upgrade = exclusive && this.#isHolder(session, key, lock);
    if (!this.#heldAgainst(waiter) && (upgrade || !this.#queuedAgainst(waiter, Number.POSITIVE_INFINITY))) {
      this.#hold(waiter);
      return undefined;
    }
    return this.#block(waiter, upgrade);
  }

  /** REQUIRES: `lock` is what the table has under `key`. */
  tryRequest(session: KeyLockSession, key: string, lock: KeyLock | undefined, exclusive: boolean): boolean {
    if (this.#isReentrant(session, key, lock, exclusive)) return true;
    const waiter = new KeyWaiter(session, lock ?? new KeyLock(key, false, undefined), exclusive);
    const upgrade = exclusive && this.#isHolder(session, key, lock);
    return this.#tryHold(waiter, upgrade);
  }

  requestRange(session: KeyLockSession, range: KeyRange): Promise<void> | undefined {
    if (session.ranges?.some((lock) => lock.covers(range))) return undefined;
    const waiter = new RangeWaiter(session, range);
    if (!this.#heldAgainst(waiter) && !this.#queuedAgainst(waiter, Number.POSITIVE_INFINITY)) {
      this.#hold(waiter);
      return undefined;
    }
    return this.#block(waiter, false);
  }

  tryRequestRange(session: KeyLockSession, range: KeyRange): boolean {
    if (session.ranges?.some((lock) => lock.covers(range))) return true;
    return this.#tryHold(new RangeWaiter(session, range), false);
  }

  #isReentrant(session: KeyLockSession, key: string, lock: KeyLock | undefined, exclusive: boolean): boolean {
    if (exclusive) return lock?.exclusive === true && lock.holder === session;
    return this.#isHolder(session, key, lock);
  }

  #isHolder(session: KeyLockSession, key: string, lock: KeyLock | undefined): boolean {
    return lock?.isHeldBy(session) === true || session.coversByRange(key);
  }

  /** True when a lock that another session holds is in the way. */
  #heldAgainst({ session, lock, range, exclusive }: Waiter): boolean {
    if (lock !== undefined) {
      return (
        lock.conflictsWith(session, exclusive) || (exclusive && this.#isRangeHeldByOther(session, lock.key))
      );
    }
    for (const held of this.table.values()) {
      if (held.exclusive && held.holder !== session && covers(range, held.key)) return true;
    }
    return false;
  }

  #isRangeHeldByOther(session: KeyLockSession, key: string): boolean {
    for (const lock of this.#ranges) if (lock.session !== session && covers(lock.range, key)) return true;
    return false;
  }

  /** True when a request that conflicts with this one waits with a ticket below `ticket`. */
  #queuedAgainst(waiter: Waiter, ticket: number): boolean {
    const { lock, range, exclusive } = waiter;
    if (lock === undefined) {
      for (const contended of this.#contended) {
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
    for (const waiter of this.#rangeQueue) {
      if (waiter.ticket >= ticket) return false;
      if (waiter.range !== undefined && covers(waiter.range, key)) return true;
    }
    return false;
  }

  #tryHold(waiter: Waiter, upgrade: boolean): boolean {
    if (this.#heldAgainst(waiter)) return false;
    if (
      !upgrade &&
      this.#queuedAgainst(waiter, Number.POSITIVE_INFINITY) &&
      !this.#isAwaitedByQueue(waiter)
    ) {
      return false;
    }
    this.#hold(waiter);
    return true;
  }

  /** True when a waiter that this request would queue behind waits, itself or through others, for its session. */
  #isAwaitedByQueue(waiter: Waiter): boolean {
    if (waiter.session.holdsNothing) return false;
    this.#enqueue(waiter, false);
    const awaited = isInCycle(waiter.session, this);
    this.#dequeue(waiter);
    return awaited;
  }

  // Waiting

  #block(waiter: Waiter, upgrade: boolean): Promise<void> | undefined {
    const { session } = waiter;
    this.#enqueue(waiter, upgrade);
    // Nobody can wait for a session that holds nothing, so no cycle goes through it.
    if (session.holdsNothing) return waiter.promise;

    breakHardCycles(session, this, (victim, cycle) => this.#host.abortVictim(victim.owner, cycle));
    if (session.waiting === waiter && isInCycle(session, this)) this.#moveToFront(waiter);
    return waiter.isGranted ? undefined : waiter.promise;
  }

  /**
   * Removes every cycle of queue order through this waiter: it and everybody whom it needs in any order of
   * the queues go to the front, itself last, the others in the order they had.
   */
  #moveToFront(requester: Waiter): void {
    const moved: Waiter[] = [];
    for (const { waiting } of hardClosure(requester.session, this)) {
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
    if (waiter.lock === undefined) return this.#rangeQueue;
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
    this.#contended.add(waiter.lock);
    this.table.set(waiter.lock.key, waiter.lock);
  }

  #dequeue(waiter: Waiter): void {
    this.#queueOf(waiter).remove(waiter);
    waiter.session.waiting = undefined;
    if (waiter.lock !== undefined) this.#drop(waiter.lock);
  }

  /** Forgets what nobody uses of a lock. */
  #drop(lock: KeyLock): void {
    if (lock.hasWaiters) return;
    this.#contended.delete(lock);
    if (lock.holder === undefined) this.table.delete(lock.key);
  }

  withdraw(waiter: Waiter, reason: unknown): void {
    this.#dequeue(waiter);
    waiter.withdrawn(reason);
    if (waiter.lock === undefined) this.#grantKeysIn(waiter.range);
    else this.#grantAfter(waiter.lock, waiter.exclusive);
  }

  // Granting

  #hold(waiter: Waiter): void {
    const { session, lock, range, exclusive } = waiter;
    if (lock !== undefined) {
      if (!lock.isHeldBy(session)) session.held.push(lock);
      lock.addHolder(session, exclusive);
      this.table.set(lock.key, lock);
      return;
    }
    session.ranges ??= [];
    if (session.ranges.at(-1)?.extend(range)) return;
    const held = new RangeLock(session, range);
    session.ranges.push(held);
    this.#ranges.add(held);
  }

  #grantIfFree(waiter: Waiter): boolean {
    if (waiter.session.waiting !== waiter) return false;
    if (this.#heldAgainst(waiter) || this.#queuedAgainst(waiter, waiter.ticket)) return false;
    // It holds before it leaves the queue, so that the lock is not forgotten in between.
    this.#hold(waiter);
    this.#dequeue(waiter);
    waiter.granted();
    return true;
  }

  /** Whoever can go on now that the holders or the queue of a lock changed. */
  #grantAfter(lock: KeyLock, wasExclusive: boolean): void {
    this.#grantQueue(lock);
    // Scans conflict with exclusive locks alone.
    if (wasExclusive && !this.#rangeQueue.isEmpty()) this.#grantRangesOver(lock.key);
  }

  #grantQueue(lock: KeyLock): void {
    if (lock.queue === undefined) return;
    // What follows one that cannot go on either conflicts with it or with what stops it.
    for (const waiter of lock.queue) if (!this.#grantIfFree(waiter)) return;
  }

  #grantRangesOver(key: string): void {
    for (const waiter of this.#rangeQueue) {
      if (waiter.range !== undefined && covers(waiter.range, key)) this.#grantIfFree(waiter);
    }
  }

  #grantKeysIn(range: KeyRange): void {
    for (const lock of [...this.#contended]) if (covers(range, lock.key)) this.#grantQueue(lock);
  }

  releaseAll(session: KeyLockSession): void {
    const { held, ranges } = session;
    // Everything is given back before anybody is let in: a waiter may need more than one of these to be free.
    let contended: KeyLock[] | undefined;
    const scanned = !this.#rangeQueue.isEmpty();
    for (const lock of held) {
      const wasExclusive = lock.exclusive;
      lock.removeHolder(session);
      if (lock.hasWaiters || (scanned && wasExclusive)) {
        contended ??= [];
        contended.push(lock);
      }
      if (lock.holder === undefined && !lock.hasWaiters) this.table.delete(lock.key);
    }
    session.held = [];
    session.ranges = undefined;
    if (ranges !== undefined) for (const lock of ranges) this.#ranges.delete(lock);

    if (contended !== undefined) for (const lock of contended) this.#grantAfter(lock, true);
    if (ranges !== undefined) for (const lock of ranges) this.#grantKeysIn(lock.range);
  }

  // The wait-for graph

  *holdersAwaitedBy(session: KeyLockSession): Iterable<KeyLockSession> {
    const waiter = session.waiting;
    if (waiter === undefined) return;
    if (waiter.lock === undefined) {
      for (const lock of this.table.values()) {
        if (!lock.exclusive || lock.holder === undefined || lock.holder === session) continue;
        if (covers(waiter.range, lock.key)) yield lock.holder;
      }
      return;
    }
    if (waiter.exclusive || waiter.lock.exclusive) {
      for (const holder of waiter.lock.holders()) if (holder !== session) yield holder;
    }
    if (!waiter.exclusive) return;
    for (const lock of this.#ranges) {
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
      for (const lock of this.#contended) {
        if (!covers(waiter.range, lock.key)) continue;
        const ahead = lock.queue?.lastExclusiveBefore(waiter.ticket);
        if (ahead !== undefined) yield ahead.session;
      }
    } else if (waiter.exclusive) {
      for (const ahead of this.#rangeQueue) {
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
    if (this.table.get(key)?.holder !== undefined) return true;
    for (const lock of this.#ranges) if (covers(lock.range, key)) return true;
    return false;
  }

  isIdle(): boolean {
    return this.table.size === 0 && this.hasNoRanges;
  }

  exclusiveHolder(key: string): number | undefined {
    const lock = this.table.get(key);
    return lock?.exclusive ? lock.holder?.id : undefined;
  }

  report(): LockReport {
    const held: HeldLock[] = [];
    const waiting: WaitingLock[] = [];
    for (const lock of this.table.values()) {
      const mode = lock.exclusive ? 'exclusive' : 'shared';
      for (const { id } of lock.holders()) held.push({ transactionId: id, key: lock.key, mode });
      for (const waiter of lock.queue ?? []) waiting.push(this.#reportWaiter(waiter));
    }
    for (const { session, range } of this.#ranges)
      held.push({ transactionId: session.id, range, mode: 'shared' });
    for (const waiter of this.#rangeQueue) waiting.push(this.#reportWaiter(waiter));
    return { held, waiting };
  }

  #reportWaiter(waiter: Waiter): WaitingLock {
    const waitsFor = new Set<number>();
    for (const { id } of this.holdersAwaitedBy(waiter.session)) waitsFor.add(id);
    for (const { id } of this.waitersAheadOf(waiter.session)) waitsFor.add(id);
    return { ...waiter.step, waitsFor: [...waitsFor] };
  }
}
