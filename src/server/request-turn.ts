import type { Clock } from '../contract/clock.ts';
import { TURN_MS } from '../lifecycle/turn-limits.ts';

/**
 * The most requests of a connection that begin to wait in one turn of the event loop. The size of a reply is
 * unknown before it is there, so the first replies must count before more requests begin.
 */
const MAX_WAITING_REQUESTS = 64;
/** Requests between two reads of the clock. */
const REQUESTS_PER_LOOK = 32;
/** The clock is also read after a request of this many bytes, which may take long by itself. */
const LARGE_BYTES = 16_384;

/** Bounds the work for one connection in one turn of the event loop, so that others get a turn too. */
export class RequestTurn {
  readonly #clock: Clock;
  #waiting = 0;
  #sinceLook = 0;
  /** The end of this turn on the monotonic clock. `undefined` before the first read of the clock. */
  #endMs: number | undefined;
  #isLate = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True if more requests may begin, but not in this turn. */
  get isOver(): boolean {
    return this.#isLate || this.#waiting >= MAX_WAITING_REQUESTS;
  }

  /** Counts a request that was read, and checks the time now and then. */
  countRead(bytes: number): void {
    if (++this.#sinceLook < REQUESTS_PER_LOOK && bytes < LARGE_BYTES) return;
    this.checkTime();
  }

  /** Reads the clock, and checks whether others must get a turn. */
  checkTime(): void {
    this.#sinceLook = 0;
    const nowMs = this.#clock.monotonicMs();
    this.#endMs ??= nowMs + TURN_MS;
    if (nowMs >= this.#endMs) this.#isLate = true;
  }

  /** Counts a request that waits for its reply. */
  countWaiting(): void {
    this.#waiting++;
  }

  /** Begins the next turn. */
  restart(): void {
    this.#waiting = 0;
    this.#endMs = undefined;
    this.#isLate = false;
  }
}
