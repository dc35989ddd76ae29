import { describe, expect, it } from 'vitest';
import { MAX_TTL_MS } from '../../src/arguments/ttl.ts';
import type { Cache } from '../../src/cache/cache-strategy.ts';
import { type LruOptions, lru } from '../../src/cache/lru/lru.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { cacheSuite } from '../../src/testing/suites/cache/cache-suite.ts';

const textLength = (value: unknown): number => (value as string).length + 1;

cacheSuite('lru({ max })', () => lru({ max: 12 }), { describe, it }, { accounts: 'entries' });
cacheSuite('lru({ max: 1 })', () => lru({ max: 1 }), { describe, it }, { accounts: 'entries' });
cacheSuite('lru({ maxSize })', () => lru({ maxSize: 10_000 }), { describe, it });
cacheSuite(
  'lru({ max, maxSize, sizeOf, ttl })',
  () => lru({ max: 20, maxSize: 150, sizeOf: textLength, ttl: 1000 }),
  { describe, it },
);

function keysInOrder(cache: Cache): string[] {
  return [...cache.candidates()];
}

function evictAll(cache: Cache): string[] {
  const victims: string[] = [];
  for (const key of cache.candidates()) {
    if (!cache.isOverfull) break;
    cache.onRemove(key);
    victims.push(key);
  }
  return victims;
}

describe('lru', () => {
  it('yields the least recently used key first, and counts reads and writes as use', () => {
    const cache = lru({ max: 3 }).create();
    for (const key of ['a', 'b', 'c', 'd']) cache.onWrite(key, 1);
    expect(keysInOrder(cache)).toEqual(['a', 'b', 'c', 'd']);
    cache.onRead('a');
    cache.onWrite('c', 1);
    expect(keysInOrder(cache)).toEqual(['b', 'd', 'a', 'c']);
    cache.onRead('nobody');
    expect(keysInOrder(cache)).toEqual(['b', 'd', 'a', 'c']);
    cache.onRemove('d');
    expect(keysInOrder(cache)).toEqual(['b', 'a', 'c']);
  });

  it('keeps the exact order of a model through random operations', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const cache = lru({ max: 100 }).create();
      const model = new Set<string>();
      for (let step = 0; step < 200; step++) {
        const key = `key:${Math.floor(random() * 12)}`;
        const action = random();
        if (action < 0.4) {
          model.delete(key);
          model.add(key);
          cache.onWrite(key, 1);
        } else if (action < 0.8) {
          if (model.delete(key)) model.add(key);
          cache.onRead(key);
        } else {
          model.delete(key);
          cache.onRemove(key);
        }
        expect(keysInOrder(cache), `seed ${seed}, step ${step}`).toEqual([...model]);
      }
    }
  });

  it('is overfull above max entries, and evicts nothing by itself', () => {
    const cache = lru({ max: 2 }).create();
    cache.onWrite('a', 1);
    cache.onWrite('b', 1);
    expect(cache.isOverfull).toBe(false);
    cache.onWrite('c', 1);
    expect(cache.isOverfull).toBe(true);
    for (let index = 0; index < 100; index++) cache.onWrite(`more:${index}`, 1);
    expect(cache.entries).toBe(103);
  });

  it('is overfull above maxSize, and replaces the size of a key that is written again', () => {
    const cache = lru({ maxSize: 10, sizeOf: textLength }).create();
    cache.onWrite('a', 4);
    cache.onWrite('b', 6);
    expect([cache.totalSize, cache.isOverfull]).toEqual([10, false]);
    cache.onWrite('a', 5);
    expect([cache.totalSize, cache.isOverfull]).toEqual([11, true]);
    cache.onWrite('a', 1);
    expect([cache.totalSize, cache.isOverfull]).toEqual([7, false]);
    expect(cache.fits(10)).toBe(true);
    expect(cache.fits(11)).toBe(false);
  });

  it('lets the caller remove each candidate while it iterates', () => {
    const cache = lru({ max: 2 }).create();
    for (const key of ['a', 'b', 'c', 'd', 'e']) cache.onWrite(key, 1);
    expect(evictAll(cache)).toEqual(['a', 'b', 'c']);
    expect(keysInOrder(cache)).toEqual(['d', 'e']);
  });

  it('yields no key twice when the last candidate is removed during the iteration', () => {
    // The list is reordered first, so that the links of the removed node point back into the list.
    const cache = lru({ max: 1 }).create();
    for (const key of ['a', 'b', 'c', 'd']) cache.onWrite(key, 1);
    for (const key of ['b', 'a', 'c', 'a', 'd', 'b']) cache.onRead(key);
    const seen: string[] = [];
    for (const key of cache.candidates()) {
      seen.push(key);
      if (key !== 'c') cache.onRemove(key);
    }
    expect(seen).toEqual(['c', 'a', 'd', 'b']);
  });

  it('passes its ttl to the store, which expires the entries', () => {
    expect(lru({ max: 1, ttl: 250 }).create().defaultTtlMs).toBe(250);
    expect(lru({ max: 1, ttl: MAX_TTL_MS }).create().defaultTtlMs).toBe(MAX_TTL_MS);
    expect(lru({ max: 1, ttl: Number.POSITIVE_INFINITY }).create().defaultTtlMs).toBe(undefined);
    expect(lru({ max: 1 }).create().defaultTtlMs).toBeUndefined();
  });

  it('measures with sizeOf(value, key), or estimates bytes without it', () => {
    const measured = lru({ maxSize: 100, sizeOf: (value, key) => key.length * 10 + (value as number) });
    expect(measured.create().sizeOf('abc', 4)).toBe(34);
    const estimated = lru({ maxSize: 10_000 }).create();
    expect(estimated.sizeOf('key', 'x'.repeat(5000))).toBeGreaterThan(5000);
    expect(estimated.fits(estimated.sizeOf('key', 'x'.repeat(10_000)))).toBe(false);
  });

  for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '7', undefined, 2 ** 53]) {
    it(`refuses a sizeOf that returns ${String(size)}`, () => {
      const cache = lru({ maxSize: 100, sizeOf: () => size as number }).create();
      expect(() => cache.sizeOf('key', 1)).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTION',
          message: expect.stringContaining('sizeOf must return'),
        }),
      );
      expect(cache.entries).toBe(0);
    });
  }

  it('passes on an error that sizeOf throws', () => {
    const cause = new Error('no size');
    const sizeOf = (): number => {
      throw cause;
    };
    expect(() => lru({ maxSize: 1, sizeOf }).create().sizeOf('key', 1)).toThrow(cause);
  });

  const invalid: Record<string, unknown>[] = [
    {},
    { ttl: 5 },
    { max: undefined, maxSize: undefined },
    { sizeOf: () => 1 },
    { max: 1, sizeOf: () => 1 },
    { maxSize: 1, sizeOf: 1 },
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null].flatMap((bad) => [
      { max: bad },
      { maxSize: bad },
    ]),
    { maxSize: 2 ** 48 + 1 },
    ...[0, -1, Number.NaN, MAX_TTL_MS + 1, '1', null].map((ttl) => ({ max: 1, ttl })),
  ];
  for (const options of invalid) {
    const shown = Object.entries(options).map(([name, value]) => `${name}: ${String(value)}`);
    it(`refuses { ${shown.join(', ')} }`, () => {
      expect(() => lru(options as LruOptions)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    });
  }

  it('accepts the largest bounds without allocating memory for them', () => {
    const cache = lru({ max: Number.MAX_SAFE_INTEGER, maxSize: 2 ** 48, sizeOf: () => 2 ** 48 }).create();
    for (let index = 0; index < 16; index++) cache.onWrite(`key:${index}`, 2 ** 48);
    expect([cache.entries, cache.totalSize]).toEqual([16, 2 ** 52]);
  });

  for (const options of [{ max: 70_000 }, { maxSize: 70_000, sizeOf: () => 1 }]) {
    it(`keeps its account above 65,536 entries with ${Object.keys(options)}`, () => {
      const cache = lru(options).create();
      for (let index = 0; index < 75_000; index++) cache.onWrite(`key:${index}`, 1);
      expect([cache.entries, cache.isOverfull]).toEqual([75_000, true]);
      const keys = keysInOrder(cache);
      const exact = keys.filter((key, index) => key === `key:${index}`).length;
      expect(exact).toBeGreaterThanOrEqual(65_536);
      // The other entries are in several partitions, which take turns.
      expect(exact).toBeLessThan(70_000);
      expect(evictAll(cache)).toEqual(Array.from({ length: 5000 }, (_, index) => `key:${index}`));
      expect([cache.entries, cache.isOverfull]).toEqual([70_000, false]);
      expect(new Set(cache.candidates()).size).toBe(70_000);
    });
  }

  it('keeps the exact order while it overshoots a max of 65,536', () => {
    const cache = lru({ max: 65_536 }).create();
    for (let index = 0; index < 66_000; index++) cache.onWrite(`key:${index}`, 1);
    cache.onRead('key:0');
    const keys = keysInOrder(cache);
    expect([keys[0], keys[65_998], keys[65_999]]).toEqual(['key:1', 'key:65999', 'key:0']);
  });
});
