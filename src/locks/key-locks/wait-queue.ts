import type { Waiter } from './waiter.ts';

/**
 * The requests that wait for one key, or for ranges, in the order of their tickets. It is a linked list
 * through the waiters themselves, so that one that gives up leaves at once, wherever it stands.
 */
export class WaitQueue {
  head: Waiter | undefined = undefined;
  tail: Waiter | undefined = undefined;
  /** These two spare a request the walk over all the shared ones that wait before it. */
  #firstExclusive: Waiter | undefined = undefined;
  #lastExclusive: Waiter | undefined = undefined;

  isEmpty(): boolean {
    return this.head === undefined;
  }

  /** REQUIRES: the waiter is in no queue, and its ticket is greater than all tickets here. */
  pushTail(waiter: Waiter): void {
    waiter.ahead = this.tail;
    if (this.tail === undefined) this.head = waiter;
    else this.tail.behind = waiter;
    this.tail = waiter;
    if (!waiter.exclusive) return;
    this.#firstExclusive ??= waiter;
    this.#lastExclusive = waiter;
  }

  /** REQUIRES: the waiter is in no queue, and its ticket is smaller than all tickets here. */
  pushHead(waiter: Waiter): void {
    waiter.behind = this.head;
    if (this.head === undefined) this.tail = waiter;
    else this.head.ahead = waiter;
    this.head = waiter;
    if (!waiter.exclusive) return;
    this.#firstExclusive = waiter;
    this.#lastExclusive ??= waiter;
  }

  /** REQUIRES: the waiter is in this queue. */
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

  /** Requests with this ticket or a greater one are queued behind an exclusive one. */
  get firstExclusiveTicket(): number {
    return this.#firstExclusive?.ticket ?? Number.POSITIVE_INFINITY;
  }

  /** The last exclusive request with a ticket below `ticket`, or undefined. */
  lastExclusiveBefore(ticket: number): Waiter | undefined {
    let waiter = this.#lastExclusive;
    while (waiter !== undefined && waiter.ticket >= ticket) waiter = exclusiveFrom(waiter.ahead);
    return waiter;
  }

  *[Symbol.iterator](): Iterator<Waiter> {
    for (let waiter = this.head; waiter !== undefined; ) {
      // The one at hand may be granted, and so leave, before the next is asked for.
      const next: Waiter | undefined = waiter.behind;
      yield waiter;
      waiter = next;
    }
  }
}

/** The first exclusive request from this one towards the head. */
function exclusiveFrom(start: Waiter | undefined): Waiter | undefined {
  let waiter = start;
  while (waiter !== undefined && !waiter.exclusive) waiter = waiter.ahead;
  return waiter;
}

/** The first exclusive request behind this one. */
function exclusiveBehind(start: Waiter): Waiter | undefined {
  let waiter = start.behind;
  while (waiter !== undefined && !waiter.exclusive) waiter = waiter.behind;
  return waiter;
}
