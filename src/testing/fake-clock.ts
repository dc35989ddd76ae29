import type { Clock, Timer } from '../contract/clock.ts';

interface FakeTimer {
  readonly callback: () => void;
  readonly dueMs: number;
  readonly keepAlive: boolean;
}

/** Midnight on 2026-01-01 (UTC). It is not zero, so that epoch times differ from monotonic times. */
const EPOCH_START_MS = 1_767_225_600_000;

/**
 * A clock that advances only when a test calls `advance`. A test can also count the pending timers. No timer
 * may remain when no caller waits. A timer that serves only the store must not keep the process alive.
 * @example
 * const clock = new FakeClock();
 * const store = new MemStore({ clock });
 * await store.put('greeting', 'hello', { ttl: 1_000 });
 * clock.advance(1_000);
 * console.log(await store.has('greeting')); // false
 */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<FakeTimer>();

  /**
   * Returns the milliseconds since the Unix epoch. A new clock starts on 2026-01-01.
   * @example
   * const clock = new FakeClock();
   * console.log(new Date(clock.epochMs()).getUTCFullYear()); // 2026
   */
  epochMs(): number {
    return EPOCH_START_MS + this.#nowMs;
  }

  /**
   * Returns the sum of all advances, in milliseconds.
   * @example
   * const clock = new FakeClock();
   * clock.advance(5);
   * console.log(clock.monotonicMs()); // 5
   */
  monotonicMs(): number {
    return this.#nowMs;
  }

  /**
   * Calls back once, when the clock has advanced by `delayMs` milliseconds.
   * @example
   * const clock = new FakeClock();
   * clock.setTimer(() => console.log('fired'), 100, false);
   * clock.advance(100);
   */
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer {
    const timer: FakeTimer = { callback, dueMs: this.#nowMs + Math.max(0, delayMs), keepAlive };
    this.#timers.add(timer);
    return timer;
  }

  /**
   * Cancels a timer. Does nothing if the timer has fired.
   * @example
   * const clock = new FakeClock();
   * clock.clearTimer(clock.setTimer(() => console.log('never'), 100, false));
   * console.log(clock.pendingTimers); // 0
   */
  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as FakeTimer);
  }

  /**
   * Returns a resolved promise, so no turn of the event loop passes.
   * @example
   * await new FakeClock().yieldTurn();
   */
  yieldTurn(): Promise<void> {
    return Promise.resolve();
  }

  /** Returns the number of timers that have neither fired nor been cleared. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Returns the number of pending timers that keep the process alive. */
  get keepAliveTimers(): number {
    let count = 0;
    for (const timer of this.#timers) if (timer.keepAlive) count++;
    return count;
  }

  /**
   * Moves the time forward and fires the timers that become due, in order of their due times. During each
   * callback the clock shows the due time of that timer.
   * @example
   * const clock = new FakeClock();
   * clock.advance(60_000);
   */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#firstDueBy(endMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #firstDueBy(endMs: number): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  }
}
