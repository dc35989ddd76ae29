import type { Clock } from '../contract/clock.ts';
import { STEPS_PER_LOOK, TURN_MS } from './turn-limits.ts';

/** Decides when long work must yield the current turn of the event loop. */
export class TurnBudget {
  readonly #clock: Clock;
  #steps = 0;
  /** The end of the current turn, on the monotonic clock. Undefined before the first read of the clock. */
  #endMs: number | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one step of the work. Returns whether the work must yield before the next step. */
  isSpent(): boolean {
    if (++this.#steps < STEPS_PER_LOOK) return false;
    this.#steps = 0;
    const isSpent = this.isTimeUp();
    if (isSpent) this.restart();
    return isSpent;
  }

  /** Reads the clock. Returns whether the turn has lasted long enough. */
  isTimeUp(): boolean {
    const nowMs = this.#clock.monotonicMs();
    this.#endMs ??= nowMs + TURN_MS;
    return nowMs >= this.#endMs;
  }

  /** Begins a new turn, which lasts from the next read of the clock. */
  restart(): void {
    this.#endMs = undefined;
  }

  /** Yields to other work for one turn of the event loop. */
  yieldTurn(): Promise<void> {
    return this.#clock.yieldTurn();
  }
}
