import { seededRandom } from '../../../src/testing/seeded-random.ts';

/**
 * Returns a random part of the items. Each item has the same probability, and the same seed gives the same
 * items.
 */
export function* sampled<T>(items: Iterable<T>, probability: number, seed: number): Generator<T> {
  const random = seededRandom(seed);
  for (const item of items) if (random() < probability) yield item;
}
