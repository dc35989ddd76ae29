import type { Clock, Timer } from '../clock.ts';

/**
 * A client that has sent its last request, and has read all replies so far, gets those that come within this.
 */
export const HALF_CLOSED_MS = 1_000;
/**
 * How long what a client still sends is thrown away, so that the last replies are not lost on their way to
 * it.
 */
export const LINGER_MS = 1_000;
export const NO_PASSWORD = 'it gave no password in time';
export const UNREAD = 'it did not read its replies';

/** The moments by which a connection must have done something, each named by what is said when it has not. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onMissed: (reason: string) => void;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock, onMissed: (reason: string) => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
  }

  /** Keeps a deadline, which begins when something comes to be so, and is gone when it is so no more. */
  setWhile(isSo: boolean, reason: string, delayMs: number): void {
    if (!isSo) this.clear(reason);
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
