import { Mutex } from 'async-mutex';

/** A position in the queue of a stripe. */
export interface Ticket<Taker> {
  readonly taker: Taker;
  /** True if the taker no longer wants the stripe. */
  givenUp: boolean;
}

/**
 * A mutex, and a mirror of its queue.
 *
 * async-mutex does not expose the holder of a mutex, and its waiters cannot leave the queue. So the tickets
 * mirror the queue of the mutex, with the holder first. `release()` picks the next holder synchronously, but
 * runs its callback later, in a microtask. `Stripe.release` shifts the tickets in the same call. So the first
 * ticket is always the holder, even before its callback runs.
 *
 * INVARIANT: the first ticket is not given up.
 */
export class Stripe<Taker> {
  readonly #mutex = new Mutex();
  readonly #tickets: Ticket<Taker>[] = [];

  get holder(): Taker | undefined {
    return this.#tickets[0]?.taker;
  }

  /** Returns the holder and the waiters in queue order. Waiters that gave up may still be included. */
  takers(): Taker[] {
    return this.#tickets.map((ticket) => ticket.taker);
  }

  /** Takes the stripe if it is free. Returns whether it was taken. */
  tryTake(taker: Taker): boolean {
    if (this.#mutex.isLocked()) return false;
    // `acquire` takes a free mutex synchronously. The releaser in its promise is not needed, because
    // `release()` works without it.
    void this.#mutex.acquire();
    this.#tickets.push({ taker, givenUp: false });
    return true;
  }

  /**
   * Queues for a stripe that is held. Calls back when the stripe is handed over, unless the ticket was given
   * up.
   */
  wait(taker: Taker, handedOver: () => void): Ticket<Taker> {
    const ticket = { taker, givenUp: false };
    this.#tickets.push(ticket);
    void this.#mutex.acquire().then(() => {
      if (!ticket.givenUp) handedOver();
    });
    return ticket;
  }

  /**
   * Leaves the queue. If the stripe was already handed over to this ticket, the stripe passes to the next
   * ticket.
   */
  giveUp(ticket: Ticket<Taker>): void {
    ticket.givenUp = true;
    if (this.#tickets[0] === ticket) this.release();
  }

  /** Hands the stripe to the first waiter that has not given up. REQUIRES: the stripe is held. */
  release(): void {
    do {
      this.#tickets.shift();
      this.#mutex.release();
    } while (this.#tickets[0]?.givenUp);
  }
}
