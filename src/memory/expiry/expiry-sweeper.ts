import type { Clock, Timer } from '../../contract/clock.ts';
import type { Due, ExpiryIndex } from './expiry-index.ts';

// One sweep looks at no more than this many entries, so that it never holds up the event loop for long.
const MAX_PER_SWEEP = 1024;
// How soon the next sweep comes when there is more to do, and when all that is due is kept.
const NEXT_SLICE_MS = 1;
const KEPT_RETRY_MS = 100;

/**
 * Removes expired entries in time, without anybody reading them. Its timer does not keep the process alive.
 */
export class ExpirySweeper {
  readonly #clock: Clock;
  readonly #index: ExpiryIndex;
  /** Removes those of the keys that no open transaction keeps. */
  readonly #expire: (keys: readonly string[]) => void;
  #timer: Timer | undefined = undefined;
  #timerDueMs = 0;
  #isStopped = false;
  /** The last entry that the sweep at hand has looked at, while there are more to look at. */
  #passed: Due | undefined = undefined;

  constructor(clock: Clock, index: ExpiryIndex, expire: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#index = index;
    this.#expire = expire;
  }

  /** Sweeps no later than this moment, when an entry expires. */
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
    // An entry may live longer than the longest delay of a timer; then the sweep finds nothing and waits on.
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
    // Those that are kept are passed over until all that is due has had its turn.
    this.#passed = due.length < MAX_PER_SWEEP ? undefined : due.at(-1);
    const nextDueMs = this.#index.nextDueMs;
    if (nextDueMs === undefined) return;
    if (nextDueMs > nowMs) this.#scheduleAt(nextDueMs);
    else this.#scheduleAt(nowMs + (this.#passed === undefined ? KEPT_RETRY_MS : NEXT_SLICE_MS));
  }
}
