import type { RangeOptions, WaitOptions } from 'memstore-tx';
import type { FakeClock } from 'memstore-tx/testing';
import type { Dice } from './dice.ts';

export type Numbers = Record<string, number>;

/**
 * The state that the workers of one run share: clock, random choices, keys, and a source of unique values.
 */
export class RunContext {
  readonly dice: Dice;
  readonly clock: FakeClock;
  readonly #hotKeys: readonly string[];
  readonly #coldKeys: readonly string[];
  /** Whether entries may have a TTL. */
  readonly #usesTtl: boolean;
  #lastValue = 0;
  #lastMoment = 0;

  constructor(dice: Dice, clock: FakeClock, hot: number, cold: number, usesTtl: boolean) {
    this.dice = dice;
    this.clock = clock;
    this.#hotKeys = keysWith('h', hot);
    this.#coldKeys = keysWith('c', cold);
    this.#usesTtl = usesTtl;
  }

  /** Returns a time that is greater than all earlier ones. */
  tick(): number {
    return ++this.#lastMoment;
  }

  newValue(): number {
    return ++this.#lastValue;
  }

  /** Returns a unique mark for a delete. */
  newMark(): string {
    return `deleted ${++this.#lastValue}`;
  }

  /** Waits for a random time: usually a few microtasks, sometimes some milliseconds. */
  async think(): Promise<void> {
    const turns = this.dice.below(4);
    for (let turn = 0; turn < turns; turn++) await null;
    if (this.dice.chance(0.05)) await this.waitOnFakeClock(this.dice.between(1, 6));
  }

  /** Resolves when the clock of the run has advanced by this many milliseconds. */
  waitOnFakeClock(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.setTimer(resolve, ms, true);
    });
  }

  pickKey(): string {
    return this.dice.pick(this.dice.chance(0.6) ? this.#hotKeys : this.#coldKeys);
  }

  /** Returns several different keys. */
  pickKeys(): string[] {
    return [...new Set(Array.from({ length: this.dice.between(1, 4) }, () => this.pickKey()))];
  }

  pickTtl(): number | undefined {
    return this.#usesTtl && this.dice.chance(0.3) ? this.dice.between(1, 30) : undefined;
  }

  pickWait(): WaitOptions {
    const chance = this.dice.below(20);
    if (chance === 0) return { lockTimeout: 0 };
    if (chance === 1) return { lockTimeout: this.dice.between(1, 5) };
    if (chance !== 2) return {};
    const controller = new AbortController();
    this.clock.setTimer(() => controller.abort(), this.dice.between(0, 4), false);
    return { signal: controller.signal };
  }

  pickRange(mayLock: boolean): RangeOptions {
    const { dice } = this;
    const [one = '', other = ''] = [this.pickKey(), this.pickKey()].sort();
    const bounds = dice.pick([
      { gte: one, lte: other },
      { gt: one, lt: `${other}~` },
      { prefix: dice.pick(['h', 'c']) },
      {},
    ]);
    const limit = dice.chance(0.3) ? dice.between(1, 4) : undefined;
    const forUpdate = mayLock && dice.chance(0.3);
    return {
      ...bounds,
      reverse: dice.chance(0.5),
      limit,
      forUpdate,
      skipLocked: forUpdate && dice.chance(0.3),
    };
  }
}

function keysWith(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, '0')}`);
}
