import type { Waiter } from './waiter.ts';

/**
 * The requests that wait for one key, or for ranges, in ticket order. It is a linked list through the waiters
 * themselves, so that a waiter can leave from any position in constant time.
 */
export class WaitQueue {
  head: Waiter | undefined = undefined;
  tail: Waiter | undefined = undefined;
  /** These two fields save a walk over the shared requests in the queue. */
  #firstExclusive: Waiter | undefined = undefined;
  #lastExclusive: Waiter | undefined = undefined;

  isEmpty(): boolean {
    return this.head === undefined;
  }

  /**
   * Adds a waiter at the end. REQUIRES: it is in no queue, and its ticket is greater than all tickets here.
   */
  pushTail(waiter: Waiter): void {
    waiter.ahead = this.tail;
    if (this.tail === undefined) this.head = waiter;
    else this.tail.behind = waiter;
    this.tail = waiter;
    if (!waiter.exclusive) return;
    this.#firstExclusive ??= waiter;
    this.#lastExclusive = waiter;
  }

  /**
   * Adds a waiter at the front. REQUIRES: it is in no queue, and its ticket is smaller than all tickets here.
   */
  pushHead(waiter: Waiter): void {
    waiter.behind = this.head;
    if (this.head === undefined) this.tail = waiter;
    else this.head.ahead = waiter;
    this.head = waiter;
    if (!waiter.exclusive) return;
    this.#firstExclusive = waiter;
    this.#lastExclusive ??= waiter;
  }

  /** Removes a waiter. REQUIRES: it is in this queue. */
  remove(waiter: Waiter): void {
    if (waiter === this.#firstExclusive) this.#firstExclusive = exclusiveBehind(waiter);
    if (waiter === this.#lastExclusive) this.#lastExclusive = exclusiveFrom(waiter.ahead);
    if (waiter.ahead === undefined) this.head = waiter.behind;
    else waiter.ahead.behind = waiter.behind;
    if (waiter.behind === undefined) this.tail = waiter.ahead;
    else waiter.behind.ahead = waiter.ahead;
    waiter.ahead = undefined;
    waiter.behind = undefined;
  }

  /** The ticket of the first exclusive request. Requests with a greater ticket are queued behind it. */
  get firstExclusiveTicket(): number {
    return this.#firstExclusive?.ticket ?? Number.POSITIVE_INFINITY;
  }

  /** Returns the last exclusive request with a ticket below `ticket`, or undefined if there is none. */
  lastExclusiveBefore(ticket: number): Waiter | undefined {
    let waiter = this.#lastExclusive;
    while (waiter !== undefined && waiter.ticket >= ticket) waiter = exclusiveFrom(waiter.ahead);
    return waiter;
  }

  *[Symbol.iterator](): Iterator<Waiter> {
    for (let waiter = this.head; waiter !== undefined; ) {
      // Read the next waiter first, because the consumer may grant the current waiter, which removes that
      // waiter from the queue.
      const next: Waiter | undefined = waiter.behind;
      yield waiter;
      waiter = next;
    }
  }
}

/** Returns the first exclusive request from `start` towards the head. */
function exclusiveFrom(start: Waiter | undefined): Waiter | undefined {
  let waiter = start;
  while (waiter !== undefined && !waiter.exclusive) waiter = waiter.ahead;
  return waiter;
}

/** Returns the first exclusive request behind `start`. */
function exclusiveBehind(start: Waiter): Waiter | undefined {
  let waiter = start.behind;
  while (waiter !== undefined && !waiter.exclusive) waiter = waiter.behind;
  return waiter;
}
