import type { Clock, Timer } from '../../contract/clock.ts';

/** A wait with a time limit. */
export interface Deadline {
  /** The end of the wait on the monotonic clock. The timer sets it. */
  deadlineMs: number;
  timeoutMs: number;
  expire(): void;
}

// A wait without a limit needs a timer too, because a pending timer keeps the process alive.
const LONGEST_DELAY_MS = 24 * 3_600_000;

/**
 * One timer for all waits. Waits with the same timeout end in the order in which they began. So each timeout
 * has its own list, and only the first wait of each list is compared. While a wait is pending, the timer
 * keeps the process alive.
 */
export class WaitTimer {
  readonly #clock: Clock;
  readonly #lists = new Map<number, Set<Deadline>>();
  #timer: Timer | undefined = undefined;
  #timerDueMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(deadline: Deadline): void {
    deadline.deadlineMs = this.#clock.monotonicMs() + deadline.timeoutMs;
    const list = this.#lists.get(deadline.timeoutMs);
    if (list === undefined) this.#lists.set(deadline.timeoutMs, new Set([deadline]));
    else list.add(deadline);
    if (this.#timer === undefined || deadline.deadlineMs < this.#timerDueMs) this.#arm(deadline.deadlineMs);
  }

  remove(deadline: Deadline): void {
    const list = this.#lists.get(deadline.timeoutMs);
    if (list === undefined || !list.delete(deadline) || list.size > 0) return;
    this.#lists.delete(deadline.timeoutMs);
    if (this.#lists.size === 0) this.#disarm();
  }

  /** The duration of the longest current wait, in milliseconds. Undefined if there is none. */
  get longestMs(): number | undefined {
    let longestMs: number | undefined;
    for (const list of this.#lists.values())
      for (const { deadlineMs, timeoutMs } of list) {
        const waitedMs = this.#clock.monotonicMs() - (deadlineMs - timeoutMs);
        longestMs = Math.max(longestMs ?? 0, waitedMs);
        // The other waits in this list started later.
        break;
      }
    return longestMs;
  }

  #arm(dueMs: number): void {
    this.#disarm();
    this.#timerDueMs = dueMs;
    const leftMs = Math.max(Math.ceil(dueMs - this.#clock.monotonicMs()), 0);
    const delayMs = Math.min(leftMs, LONGEST_DELAY_MS);
    this.#timer = this.#clock.setTimer(() => this.#fire(), delayMs, true);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    const over: Deadline[] = [];
    let nextDueMs: number | undefined;
    for (const list of this.#lists.values()) {
      for (const deadline of list) {
        if (deadline.deadlineMs > nowMs) {
          nextDueMs = Math.min(nextDueMs ?? deadline.deadlineMs, deadline.deadlineMs);
          break;
        }
        over.push(deadline);
      }
    }
    if (nextDueMs !== undefined) this.#arm(nextDueMs);
    this.#expireNext(over.values());
  }

  /**
   * Expires one wait per microtask. The end of one wait may grant a lock to the next waiter, and that grant
   * must take effect before the next wait expires.
   */
  #expireNext(over: Iterator<Deadline>): void {
    const next = over.next();
    if (next.done) return;
    const deadline = next.value;
    if (this.#lists.get(deadline.timeoutMs)?.has(deadline)) {
      this.remove(deadline);
      deadline.expire();
    }
    queueMicrotask(() => this.#expireNext(over));
  }
}
