import { describe, expect, it } from 'vitest';
import { covers, isEmptyRange, type KeyRange } from '../../../src/contract/key-range.ts';
import { RangeIndex } from '../../../src/memory/changes/range-index.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';

interface Item {
  readonly range: KeyRange;
}

describe('RangeIndex', () => {
  it.each([1, 2, 3, 4, 5])('finds the ranges that contain a key, seed %i', (seed) => {
    const random = seededRandom(seed);
    const key = (): string =>
      Array.from({ length: Math.floor(random() * 4) }, () => 'abcd'[Math.floor(random() * 4)]).join('');
    const index = new RangeIndex<Item>();
    const items = new Map<string, Item>();
    for (let step = 0; step < 2_000; step++) {
      const range: KeyRange = { from: key(), to: random() < 0.2 ? undefined : key() };
      const id = JSON.stringify([range.from, range.to]);
      if (items.delete(id)) {
        index.delete(range);
      } else if (!isEmptyRange(range) && random() < 0.7) {
        items.set(id, { range });
        index.add(items.get(id) as Item);
      }
      const wanted = key();
      const expected = [...items.values()].filter((item) => covers(item.range, wanted));
      expect(new Set(index.find(wanted))).toEqual(new Set(expected));
    }
  });

  it('compares a key with few of 1,000 other ranges, and with two when it was near the last one', () => {
    const index = new RangeIndex<Item>();
    let compared = 0;
    for (let number = 0; number < 1_000; number++) {
      const from = `user:${String(number).padStart(4, '0')}:`;
      const range = {
        get from() {
          compared++;
          return from;
        },
        to: `${from.slice(0, -1)};`,
      };
      index.add({ range });
    }
    compared = 0;
    expect(index.find('user:0500')).toEqual([]);
    expect(compared).toBeLessThan(60);
    compared = 0;
    expect(index.find('user:0500')).toEqual([]);
    expect(compared).toBe(0);
  });
});
