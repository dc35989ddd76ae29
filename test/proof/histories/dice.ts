import { seededRandom } from 'memstore-tx/testing';

/** Chance, the same for the same seed. */
export class Dice {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** An integer from 0 up to but not including the limit. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** An integer from `from` up to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** REQUIRES: the list is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** One of the alternatives, each as often as its weight says. */
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
