import { seededRandom } from '../../../src/testing/seeded-random.ts';

/** Some of the items, each with the same probability, and the same ones for the same seed. */
export function* sampled<T>(items: Iterable<T>, probability: number, seed: number): Generator<T> {
  const random = seededRandom(seed);
  for (const item of items) if (random() < probability) yield item;
}
