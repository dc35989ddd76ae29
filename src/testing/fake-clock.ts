import type { Clock, Timer } from '../contract/clock.ts';

interface FakeTimer {
  readonly callback: () => void;
  readonly dueMs: number;
  readonly keepAlive: boolean;
}

/** Some day in 2026, so that epoch times look like such and are told from monotonic ones. */
const EPOCH_START_MS = 1_767_225_600_000;

/**
 * Time that stands still until a test moves it. A test can also ask which timers are pending: none may be
 * left when nobody waits, and none that keeps the process alive when nobody but the store itself does.
 */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<FakeTimer>();

  epochMs(): number {
    return EPOCH_START_MS + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer {
    const timer: FakeTimer = { callback, dueMs: this.#nowMs + Math.max(0, delayMs), keepAlive };
    this.#timers.add(timer);
    return timer;
  }

  clearTimer(timer: Timer): void {
    this.#timers.delete(timer as FakeTimer);
  }

  yieldTurn(): Promise<void> {
    return Promise.resolve();
  }

  /** How many timers are set and have neither fired nor been cleared. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** How many of the pending timers keep the process alive. */
  get keepAliveTimers(): number {
    let count = 0;
    for (const timer of this.#timers) if (timer.keepAlive) count++;
    return count;
  }

  /** Moves time on and fires what is due on the way, in order of time, each at its own moment. */
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
