import { afterEach, describe, expect, it, vi } from 'vitest';
import { LinearHashMap } from '../../src/collections/linear-hash-map.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

const SIZES = { singleLimit: 64, shardMean: 32 };

/**
 * Walks through a map while keys are set and deleted at each step. So many keys change that shards split
 * during the walk.
 */
function walkWhile(seed: number, count: number, changesPerStep: number, deleting: number): void {
  const random = seededRandom(seed);
  const map = new LinearHashMap<number>(SIZES);
  const there = new Set<string>();
  for (let number = 0; number < count; number++) {
    map.set(`user:${number}`, number);
    there.add(`user:${number}`);
  }
  const untouched = new Set(there);
  for (const key of map.walk()) {
    if (!there.has(key)) throw new Error(`the walk yields ${key}, which was deleted (seed ${seed})`);
    untouched.delete(key);
    for (let change = 0; change < changesPerStep; change++) {
      const name = `${random() < 0.5 ? 'user' : 'new'}:${Math.floor(random() * count * 4)}`;
      if (random() < deleting) {
        untouched.delete(name);
        there.delete(name);
        map.delete(name);
      } else {
        there.add(name);
        map.set(name, 0);
      }
    }
  }
  expect([...untouched], `keys that were present all the time (seed ${seed})`).toEqual([]);
  expect(map.size).toBe(there.size);
}

describe('a walk through a LinearHashMap that changes during the walk', () => {
  // The counts cover a single Map, a Map that is about to be divided, and many shards.
  for (const count of [10, 60, 70, 1_000]) {
    for (const deleting of [0.1, 0.5, 0.9]) {
      it(`yields every key of ${count} and no deleted one, at a deletion rate of ${deleting}`, () => {
        for (let seed = 1; seed <= 5; seed++) {
          for (const changes of [1, 5, 20]) walkWhile(seed, count, changes, deleting);
        }
      });
    }
  }

  it.each([50, 1_000])('ends although %i keys grow faster than the walk', (count) => {
    const map = new LinearHashMap<number>(SIZES);
    let set = 0;
    for (; set < count; set++) map.set(`user:${set}`, set);
    let steps = 0;
    for (const _key of map.walk()) {
      steps++;
      for (let more = 0; more < 3; more++) map.set(`user:${set++}`, 0);
      if (steps > 20 * count) throw new Error('the walk does not end');
    }
    expect(map.size).toBe(set);
  });

  it('yields every key once if nothing changes, also while entries move to the shards', () => {
    const map = new LinearHashMap<number>(SIZES);
    for (let number = 0; number < 200; number++) {
      map.set(`user:${number}`, number);
      expect([...map.walk()]).toHaveLength(number + 1);
      expect(map.size).toBe(number + 1);
    }
  });

  it('ends although keys come and go faster than the walk', () => {
    const map = new LinearHashMap<number>(SIZES);
    let steps = 0;
    for (let number = 0; number < 10; number++) map.set(`user:${number}`, number);
    for (const _key of map.walk()) {
      steps++;
      for (let number = 0; number < 10; number++) map.delete(`user:${number + 10 * steps - 10}`);
      for (let number = 0; number < 10; number++) map.set(`user:${number + 10 * steps}`, number);
      if (steps > 100) throw new Error('the walk does not end');
    }
    expect(map.size).toBe(10);
  });
});

describe('growth of a LinearHashMap', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('rewrites no Map and allocates at most one shard per 1,000 new keys', () => {
    const sizes = { singleLimit: 2 ** 12, shardMean: 2 ** 10 };
    const work = countGrowth();
    const map = new LinearHashMap<number>(sizes);
    const set = (from: number, to: number): void => {
      for (let number = from; number < to; number++) map.set(`user:${number}`, number);
    };
    // After this the entries of the single Map have moved to shards.
    set(0, 10_000);
    for (let number = 10_000; number < 250_000; number += 1_000) {
      work.rewrittenEntries = 0;
      work.allocatedNumbers = 0;
      set(number, number + 1_000);
      expect(work.rewrittenEntries, `entries of Maps rewritten at ${number} keys`).toBe(0);
      expect(work.allocatedNumbers).toBeLessThanOrEqual(3 * sizes.shardMean);
    }
  });
});

/** Counts the cost of growing Maps and typed arrays from now on. V8 doubles a `Map` that is full. */
function countGrowth(): { rewrittenEntries: number; allocatedNumbers: number } {
  const work = { rewrittenEntries: 0, allocatedNumbers: 0 };
  class CountingMap<K, V> extends Map<K, V> {
    override set(key: K, value: V): this {
      const sizeBefore = this.size;
      super.set(key, value);
      const isFull = sizeBefore >= 4 && (sizeBefore & (sizeBefore - 1)) === 0;
      if (this.size > sizeBefore && isFull) work.rewrittenEntries += sizeBefore;
      return this;
    }
  }
  class CountingArray extends Int32Array {
    constructor(length: number) {
      super(length);
      work.allocatedNumbers += length;
    }
  }
  vi.stubGlobal('Map', CountingMap);
  vi.stubGlobal('Int32Array', CountingArray);
  return work;
}
