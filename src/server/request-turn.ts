import type { Clock } from '../contract/clock.ts';
import { TurnBudget } from '../lifecycle/turn-budget.ts';

/**
 * The maximum number of requests per turn that start and must wait. The size of a reply is known only when it
 * is ready. So the first replies must be counted before more requests start.
 */
const MAX_WAITING_REQUESTS = 64;
/** The number of requests between two reads of the clock. */
const REQUESTS_PER_LOOK = 32;
/** The clock is also read after each request of at least this size, because it may take long. */
const LARGE_BYTES = 16_384;

/** Limits the work for one connection in one turn of the event loop, so that other clients are served too. */
export class RequestTurn {
  readonly #budget: TurnBudget;
  #waiting = 0;
  #sinceLook = 0;
  #isLate = false;

  constructor(clock: Clock) {
    this.#budget = new TurnBudget(clock);
  }

  /** Returns whether no more requests may start in this turn. */
  get isOver(): boolean {
    return this.#isLate || this.#waiting >= MAX_WAITING_REQUESTS;
  }

  /** Counts a request that was read. Reads the clock from time to time. */
  countRead(bytes: number): void {
    if (++this.#sinceLook < REQUESTS_PER_LOOK && bytes < LARGE_BYTES) return;
    this.checkTime();
  }

  /** Reads the clock, and ends the turn if its time is used up. */
  checkTime(): void {
    this.#sinceLook = 0;
    if (this.#budget.isTimeUp()) this.#isLate = true;
  }

  /** Counts a request whose reply is not ready yet. */
  countWaiting(): void {
    this.#waiting++;
  }

  /** Begins the next turn. */
  restart(): void {
    this.#waiting = 0;
    this.#budget.restart();
    this.#isLate = false;
  }
}
