import type { Clock, Timer } from '../contract/clock.ts';

interface FakeTimer {
  readonly callback: () => void;
  readonly dueMs: number;
  readonly keepAlive: boolean;
}

/** A day in 2026, so that epoch times differ from monotonic times. */
const EPOCH_START_MS = 1_767_225_600_000;

/**
 * A clock that stands still until a test moves it. A test can also count the pending timers: none may remain
 * when no caller waits, and none that only the store needs may keep the process alive.
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
   * Calls back once, when `advance` reaches `delayMs` milliseconds from now.
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
   * Resolves at once, without a turn of the event loop.
   * @example
   * await new FakeClock().yieldTurn();
   */
  yieldTurn(): Promise<void> {
    return Promise.resolve();
  }

  /** The number of timers that have neither fired nor been cleared. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** The number of pending timers that keep the process alive. */
  get keepAliveTimers(): number {
    let count = 0;
    for (const timer of this.#timers) if (timer.keepAlive) count++;
    return count;
  }

  /**
   * Moves the time forward, and fires the timers that become due, in order, each at its own time.
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
