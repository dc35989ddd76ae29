import { seededRandom } from 'memstore-tx/testing';

/** Seeded random choices. */
export class Dice {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Returns an integer from 0 up to, but not including, the limit. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Returns an integer from `from` up to and including `to`. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** Returns a random element. The list must not be empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Returns one of the alternatives, with a probability in proportion to its weight. */
  weighted<T>(alternatives: readonly (readonly [weight: number, value: T])[]): T {
    const total = alternatives.reduce((sum, [weight]) => sum + weight, 0);
    let left = this.random() * total;
    for (const [weight, value] of alternatives) {
      left -= weight;
      if (left < 0) return value;
    }
    return (alternatives.at(-1) as readonly [number, T])[1];
  }
}
