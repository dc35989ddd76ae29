import type { Clock, Timer } from '../contract/clock.ts';

/**
 * After a client has closed its sending side and read all replies so far, the server waits this long for
 * pending requests.
 */
export const HALF_CLOSED_MS = 1_000;
/**
 * After the last reply, the server discards input for this long. An immediate close could lose the last
 * replies in transit.
 */
export const LINGER_MS = 1_000;
export const NO_PASSWORD = 'the client did not send the password in time (authTimeout)';
export const UNREAD = 'the client did not read its replies in time (stalledTimeout)';

/** The deadlines of a connection. Each has a name, which is the reason to report if it is missed. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #onMissed: (reason: string) => void;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock, onMissed: (reason: string) => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
  }

  /**
   * Starts a deadline if the condition holds and it is not running. Stops it if the condition does not hold.
   */
  setWhile(condition: boolean, reason: string, delayMs: number): void {
    if (!condition) this.clear(reason);
    else if (!this.#timers.has(reason)) this.set(reason, delayMs);
  }

  /** Starts a deadline, which replaces any deadline with the same reason. */
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
