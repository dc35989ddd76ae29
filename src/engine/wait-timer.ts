import type { Clock, Timer } from '../clock.ts';

/** Something that gives up when its time is over. */
export interface Deadline {
  /** Set by the timer: the moment on the monotonic clock. */
  deadlineMs: number;
  timeoutMs: number;
  expire(): void;
}

// A longer delay would overflow the platform's timers and fire at once.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * One timer for everybody who waits with a time limit. Those with equal limits run out in the order in which
 * they came, so each limit has a list of its own and only the heads are compared.
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
    if (deadline.timeoutMs === Number.POSITIVE_INFINITY) return;
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

  #arm(dueMs: number): void {
    this.#disarm();
    this.#timerDueMs = dueMs;
    const delayMs = Math.min(Math.max(Math.ceil(dueMs - this.#clock.monotonicMs()), 0), LONGEST_DELAY_MS);
    // Somebody waits for it, so it keeps the process alive.
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
    let nextDueMs = Number.POSITIVE_INFINITY;
    for (const list of this.#lists.values()) {
      for (const deadline of list) {
        if (deadline.deadlineMs > nowMs) {
          nextDueMs = Math.min(nextDueMs, deadline.deadlineMs);
          break;
        }
        over.push(deadline);
      }
    }
    if (nextDueMs !== Number.POSITIVE_INFINITY) this.#arm(nextDueMs);
    // One that gives up may let another go on, which then is no longer on its list.
    for (const deadline of over) {
      if (!this.#lists.get(deadline.timeoutMs)?.has(deadline)) continue;
      this.remove(deadline);
      deadline.expire();
    }
  }
}
