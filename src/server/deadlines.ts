import type { Clock, Timer } from '../contract/clock.ts';

/** A client that has sent its last request and read all replies so far gets later replies for this long. */
export const HALF_CLOSED_MS = 1_000;
/** How long the server discards further requests, so that the last replies are not lost on their way. */
export const LINGER_MS = 1_000;
export const NO_PASSWORD = 'it gave no password in time';
export const UNREAD = 'it did not read its replies';

/** The deadlines of a connection, each named by the reason that is given when it is missed. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onMissed: (reason: string) => void;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock, onMissed: (reason: string) => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
  }

  /** Runs a deadline while a condition holds. */
  setWhile(condition: boolean, reason: string, delayMs: number): void {
    if (!condition) this.clear(reason);
    else if (!this.#timers.has(reason)) this.set(reason, delayMs);
  }

  /** Replaces the deadline of the same name. */
  set(reason: string, delayMs: number): void {
    this.clear(reason);
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.#timers.set(
      reason,
      this.#clock.setTimer(() => this.#onMissed(reason), delayMs, false),
    );
  }

  clear(reason: string): void {
    const timer = this.#timers.get(reason);
    if (timer === undefined) return;
    this.#timers.delete(reason);
    this.#clock.clearTimer(timer);
  }

  clearAll(): void {
    for (const reason of this.#timers.keys()) this.clear(reason);
  }
}
