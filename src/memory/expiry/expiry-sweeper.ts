import type { Clock, Timer } from '../../contract/clock.ts';
import type { Due, ExpiryIndex } from './expiry-index.ts';

// The most entries that one sweep checks, so that it does not block the event loop for long.
const MAX_PER_SWEEP = 1024;
// The delay before the next sweep. The first delay applies if there are more due entries. The second delay
// applies if all due entries are pinned.
const NEXT_SLICE_MS = 1;
const KEPT_RETRY_MS = 100;

/** Removes expired entries that nobody reads. Its timer does not keep the process alive. */
export class ExpirySweeper {
  readonly #clock: Clock;
  readonly #index: ExpiryIndex;
  /** Removes the given keys, except those that an open transaction keeps. */
  readonly #expire: (keys: readonly string[]) => void;
  #timer: Timer | undefined = undefined;
  #timerDueMs = 0;
  #isStopped = false;
  /** The last entry that the current sweep has checked; undefined if the sweep is complete. */
  #passed: Due | undefined = undefined;

  constructor(clock: Clock, index: ExpiryIndex, expire: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#index = index;
    this.#expire = expire;
  }

  /** Schedules a sweep for the time when this entry expires, or earlier. */
  notice(expiresAtMs: number): void {
    if (this.#timer === undefined || expiresAtMs < this.#timerDueMs) this.#scheduleAt(expiresAtMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #scheduleAt(dueMs: number): void {
    this.#cancel();
    if (this.#isStopped) return;
    this.#timerDueMs = dueMs;
    // If the TTL exceeds the longest timer delay, the sweep finds nothing and schedules the next one.
    const delayMs = Math.max(dueMs - this.#clock.epochMs(), 0);
    this.#timer = this.#clock.setTimer(() => this.#sweep(), delayMs, false);
  }

  #cancel(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.epochMs();
    const due = this.#index.dueAfter(this.#passed, nowMs, MAX_PER_SWEEP);
    this.#expire(due.map(([, key]) => key));
    // Skip the pinned entries until every due entry has been checked.
    this.#passed = due.length < MAX_PER_SWEEP ? undefined : due.at(-1);
    const nextDueMs = this.#index.nextDueMs;
    if (nextDueMs === undefined) return;
    if (nextDueMs > nowMs) this.#scheduleAt(nextDueMs);
    else this.#scheduleAt(nowMs + (this.#passed === undefined ? KEPT_RETRY_MS : NEXT_SLICE_MS));
  }
}
