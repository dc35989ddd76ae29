import type { Clock } from '../contract/clock.ts';
import { STEPS_PER_LOOK, TURN_MS } from './turn-limits.ts';

/** Tells long work when others must get a turn of the event loop. */
export class TurnBudget {
  readonly #clock: Clock;
  #steps = 0;
  /** When the current turn ends, on the monotonic clock; undefined before the first read of the clock. */
  #endMs: number | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one step of the work. Returns true if others must get a turn before the next step. */
  isSpent(): boolean {
    if (++this.#steps < STEPS_PER_LOOK) return false;
    this.#steps = 0;
    const nowMs = this.#clock.monotonicMs();
    this.#endMs ??= nowMs + TURN_MS;
    if (nowMs < this.#endMs) return false;
    this.#endMs = undefined;
    return true;
  }

  /** Gives others a turn. */
  yieldTurn(): Promise<void> {
    return this.#clock.yieldTurn();
  }
}
