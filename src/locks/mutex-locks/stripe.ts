import { Mutex } from 'async-mutex';

/** A place in the queue of a stripe. */
export interface Ticket<Taker> {
  readonly taker: Taker;
  /** True when the taker no longer wants the stripe. */
  givenUp: boolean;
}

/**
 * One mutex, and a mirror of its queue.
 *
 * async-mutex can neither say who holds a mutex nor let one waiter leave. So the tickets repeat its queue,
 * the holder first. A release shifts both in the same call, because async-mutex picks the next holder inside
 * `release()`, and tells it later, in a microtask. So the first ticket of the mirror is the holder, even
 * before it is told.
 *
 * INVARIANT: the first ticket is not given up.
 */
export class Stripe<Taker> {
  readonly #mutex = new Mutex();
  readonly #tickets: Ticket<Taker>[] = [];

  get holder(): Taker | undefined {
    return this.#tickets[0]?.taker;
  }

  /**
   * The holder, and whoever has queued since it came, in their order; one who gave up is among them still.
   */
  takers(): Taker[] {
    return this.#tickets.map((ticket) => ticket.taker);
  }

  /** Takes the stripe if it is free. */
  tryTake(taker: Taker): boolean {
    if (this.#mutex.isLocked()) return false;
    // A free mutex is taken inside the call. The releaser that the promise brings later is not needed,
    // because the mutex can be released directly.
    void this.#mutex.acquire();
    this.#tickets.push({ taker, givenUp: false });
    return true;
  }

  /**
   * Queues for a stripe that is held, and calls back when the stripe was handed over, unless given up before.
   */
  wait(taker: Taker, handedOver: () => void): Ticket<Taker> {
    const ticket = { taker, givenUp: false };
    this.#tickets.push(ticket);
    void this.#mutex.acquire().then(() => {
      if (!ticket.givenUp) handedOver();
    });
    return ticket;
  }

  /** Leaves the queue; a stripe that was handed over to this ticket already goes to the next. */
  giveUp(ticket: Ticket<Taker>): void {
    ticket.givenUp = true;
    if (this.#tickets[0] === ticket) this.release();
  }

  /** Hands the stripe to the first in the queue who still wants it. REQUIRES: it is held. */
  release(): void {
    do {
      this.#tickets.shift();
      this.#mutex.release();
    } while (this.#tickets[0]?.givenUp);
  }
}
