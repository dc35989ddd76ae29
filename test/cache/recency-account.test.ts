import { describe, expect, it } from 'vitest';
import type { Cache, CacheStrategy } from '../../src/cache/cache-strategy.ts';
import { RecencyAccount } from '../../src/cache/lru/recency-account.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { cacheSuite } from '../../src/testing/suites/cache/cache-suite.ts';

/**
 * Returns `lru` over an account that is divided after a few entries, so that the suite tests a divided
 * account.
 */
function dividing(max: number, divideAt: number, partitionCount: number): CacheStrategy {
  const create = (): Cache => {
    const account = new RecencyAccount(divideAt, partitionCount);
    return {
      defaultTtlMs: undefined,
      get isOverfull() {
        return account.entries > max;
      },
      get entries() {
        return account.entries;
      },
      get totalSize() {
        return account.totalSize;
      },
      sizeOf: (_key, value) => (value as string).length + 1,
      fits: () => true,
      onRead: (key) => account.touch(key),
      onWrite: (key, size) => account.set(key, size),
      onRemove: (key) => account.delete(key),
      candidates: () => account.leastRecentFirst(),
    };
  };
  return { name: 'dividing', create };
}

for (const [divideAt, partitionCount] of [
  [0, 4],
  [8, 2],
  [20, 8],
] as const) {
  cacheSuite(`divided at ${divideAt} into ${partitionCount}`, () => dividing(300, divideAt, partitionCount), {
    describe,
    it,
  });
}

function isEven(key: string): boolean {
  return Number(key.slice(4)) % 2 === 0;
}

describe('a divided account', () => {
  it('yields the entries from before the division first, in exact order, and without those used since', () => {
    const account = new RecencyAccount(10, 4);
    for (let index = 0; index < 20; index++) account.set(`key:${index}`, 1);
    account.touch('key:0');
    account.set('key:2', 1);
    account.delete('key:4');
    const elders = [...account.leastRecentFirst()].slice(0, 7);
    expect(elders).toEqual([1, 3, 5, 6, 7, 8, 9].map((index) => `key:${index}`));
    expect([account.entries, account.totalSize]).toEqual([19, 19]);
  });

  it('keeps the exact order with one partition', () => {
    const random = seededRandom(7);
    const account = new RecencyAccount(20, 1);
    const model = new Set<string>();
    for (let step = 0; step < 2000; step++) {
      const key = `key:${Math.floor(random() * 40)}`;
      const action = random();
      const wasThere = model.has(key);
      if (action < 0.95) model.delete(key);
      if (action < 0.5 || (action < 0.9 && wasThere)) model.add(key);
      if (action < 0.5) account.set(key, 1);
      else if (action < 0.9) account.touch(key);
      else if (action < 0.95) account.delete(key);
      expect([...account.leastRecentFirst()], `step ${step}`).toEqual([...model]);
    }
  });

  it('keeps the sizes of entries that move to a partition', () => {
    const account = new RecencyAccount(3, 4);
    for (let index = 0; index < 6; index++) account.set(`key:${index}`, 10);
    account.touch('key:1');
    account.set('key:2', 4);
    expect([account.entries, account.totalSize]).toEqual([6, 54]);
    for (let index = 0; index < 6; index++) account.delete(`key:${index}`);
    expect([account.entries, account.totalSize]).toEqual([0, 0]);
  });

  it('stays divided, and in order of use, when it is emptied and filled again', () => {
    const account = new RecencyAccount(2, 2);
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 6; index++) account.set(`key:${index}`, 1);
      expect(new Set(account.leastRecentFirst()).size).toBe(6);
      for (const key of account.leastRecentFirst()) account.delete(key);
      expect(account.entries).toBe(0);
    }
  });

  it('lets the caller delete each key while it iterates, and drains the partitions evenly', () => {
    const account = new RecencyAccount(0, 16);
    for (let index = 0; index < 4096; index++) account.set(`key:${index}`, 1);
    // All odd keys are more recent now. The spread of the hash moves the border by a few per cent.
    for (let index = 1; index < 4096; index += 2) account.touch(`key:${index}`);
    let even = 0;
    let taken = 0;
    for (const key of account.leastRecentFirst()) {
      if (taken === 1800) break;
      account.delete(key);
      if (isEven(key)) even++;
      taken++;
    }
    expect(even).toBeGreaterThan(1750);
    expect(account.entries).toBe(4096 - 1800);
  });

  it('takes from the fullest partition first, so that no partition starves', () => {
    const account = new RecencyAccount(0, 8);
    const lifetimes: number[] = [];
    const writtenAt = new Map<string, number>();
    for (let step = 0; step < 20_000; step++) {
      account.set(`key:${step}`, 1);
      writtenAt.set(`key:${step}`, step);
      if (account.entries <= 800) continue;
      const [victim] = account.leastRecentFirst();
      account.delete(victim as string);
      lifetimes.push(step - (writtenAt.get(victim as string) as number));
    }
    // With one exact list each entry would live for 800 steps. In partitions of 100 entries, this number
    // varies by chance.
    expect(Math.min(...lifetimes)).toBeGreaterThan(400);
    expect(Math.max(...lifetimes)).toBeLessThan(1200);
  });

  it('has a hit rate within a percentage point of one exact list, on skewed reads', () => {
    const rate = (account: RecencyAccount): number => {
      const random = seededRandom(42);
      const present = new Set<string>();
      let hits = 0;
      for (let step = 0; step < 40_000; step++) {
        const key = `key:${Math.floor(5000 * random() ** 3)}`;
        if (present.has(key)) {
          hits++;
          account.touch(key);
          continue;
        }
        present.add(key);
        account.set(key, 1);
        if (account.entries <= 1000) continue;
        const [victim] = account.leastRecentFirst();
        present.delete(victim as string);
        account.delete(victim as string);
      }
      return hits / 40_000;
    };
    const exact = rate(new RecencyAccount(Number.POSITIVE_INFINITY, 1));
    const divided = rate(new RecencyAccount(500, 16));
    expect(Math.abs(divided - exact)).toBeLessThan(0.01);
    expect(exact).toBeGreaterThan(0.4);
  });
});
