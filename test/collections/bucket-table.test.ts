import { afterEach, describe, expect, it, vi } from 'vitest';
import { BucketTable } from '../../src/collections/bucket-table.ts';
import { hashKey } from '../../src/collections/hash-key.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

const SHARD_SIZE = 16;

/**
 * Returns 2^`doublings` keys with the same hash. Each block of a key is one of two blocks with the same hash.
 */
function keysOfOneHash(doublings: number): string[] {
  let keys = [''];
  for (let block = 0; block < doublings; block++) {
    const [left, right] = equalBlocks(keys[0] ?? '');
    keys = keys.flatMap((key) => [key + left, key + right]);
  }
  return keys;
}

function equalBlocks(prefix: string): [string, string] {
  const blocks = new Map<number, string>();
  for (let number = 0; ; number++) {
    const block = number.toString(36).padStart(4, '-');
    const other = blocks.get(hashKey(prefix + block));
    if (other !== undefined) return [other, block];
    blocks.set(hashKey(prefix + block), block);
  }
}

/**
 * Compares a table with a `Map` through random changes. The first half mostly sets keys, so that the table
 * grows. The second half mostly deletes them.
 */
function compareWithMap(seed: number, keys: readonly string[]): void {
  const random = seededRandom(seed);
  const table = new BucketTable<number>(SHARD_SIZE);
  const map = new Map<string, number>();
  for (let step = 0; step < 6 * keys.length; step++) {
    const key = keys[Math.floor(random() * keys.length)] ?? '';
    const deleting = step < 3 * keys.length ? 0.3 : 0.8;
    if (random() < deleting) {
      expect(table.delete(key)).toBe(map.delete(key));
    } else {
      expect(table.set(key, step)).toBe(!map.has(key));
      map.set(key, step);
    }
    const other = keys[Math.floor(random() * keys.length)] ?? '';
    expect(table.get(other)).toBe(map.get(other));
    expect(table.size).toBe(map.size);
    if (step % keys.length === 0) expect([...table.walk()].sort()).toEqual([...map.keys()].sort());
  }
  for (const key of keys) expect(table.get(key)).toBe(map.get(key));
}

describe('a BucketTable', () => {
  const someKeys = Array.from({ length: 600 }, (_, number) => `user:${number}`);

  it.each([1, 2, 3, 4, 5])('behaves like a Map while it grows and shrinks (seed %i)', (seed) => {
    compareWithMap(seed, someKeys);
  });

  it('adds and removes one shard at a time, and keeps one empty shard', () => {
    const table = new BucketTable<number>(SHARD_SIZE);
    for (let number = 0; number < 600; number++) {
      table.set(`user:${number}`, number);
      expect(table.shardCount).toBe(Math.ceil((number + 1) / SHARD_SIZE));
    }
    const allocations = vi.spyOn(Array.prototype, 'fill');
    for (let number = 599; number > 0; number--) {
      table.delete(`user:${number}`);
      table.set(`user:${number}`, number);
      table.delete(`user:${number}`);
      expect(table.shardCount).toBe(Math.ceil(number / SHARD_SIZE));
    }
    expect(allocations).not.toHaveBeenCalled();
    for (let number = 0; number < 600; number++) expect(table.set(`user:${number}`, number)).toBe(number > 0);
    // All shards but two are allocated again, so the empty ones were freed.
    expect(allocations).toHaveBeenCalledTimes(Math.ceil(600 / SHARD_SIZE) - 2);
    allocations.mockRestore();
  });
});

describe('keys that were chosen for the same hash', () => {
  const flood = keysOfOneHash(9);

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('have the same hash', () => {
    expect(new Set(flood).size).toBe(512);
    expect(new Set(flood.map(hashKey)).size).toBe(1);
  });

  it('go to a Map when a bucket has 32 of them, so that no bucket gets longer', () => {
    const table = new BucketTable<number>(SHARD_SIZE);
    const sets = vi.spyOn(Map.prototype, 'set');
    for (const [number, key] of flood.entries()) table.set(key, number);
    expect(sets).toHaveBeenCalledTimes(512 - 32);
    for (const [number, key] of flood.entries()) expect(table.get(key)).toBe(number);
  });

  it.each([1, 2, 3])('can be set, read and deleted like other keys (seed %i)', (seed) => {
    const others = Array.from({ length: 300 }, (_, number) => `user:${number}`);
    compareWithMap(seed, [...flood.slice(0, 200), ...others]);
  });
});
