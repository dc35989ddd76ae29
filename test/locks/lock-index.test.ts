import { describe, expect, it, vi } from 'vitest';
import { BTree } from '../../src/collections/key-tree.ts';
import { covers } from '../../src/contract/key-range.ts';
import { KeyLock } from '../../src/locks/key-locks/key-lock.ts';
import { LockIndex } from '../../src/locks/key-locks/lock-index.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

/** Keys of all kinds. Many of them have the same ending and so share a slot. */
const keys: readonly string[] = [
  '',
  ...Array.from({ length: 30 }, (_, number) => String.fromCharCode(97 + number)),
  ...Array.from({ length: 30 }, (_, number) => `${number}`),
  ...Array.from({ length: 30 }, (_, number) => `user:${number + 10}:name`),
  ...Array.from({ length: 30 }, (_, number) => `account:${number}`),
  ...Array.from({ length: 30 }, (_, number) => `\u{1F511}${number}`),
];

function pick(list: readonly string[], random: () => number): string {
  return list[Math.floor(random() * list.length)] ?? '';
}

/** Adds, finds and deletes random locks, and compares the results with a `Map`. */
function runBeside(seed: number, among: readonly string[], steps: number, looks: number): void {
  const random = seededRandom(seed);
  const index = new LockIndex();
  const model = new Map<string, KeyLock>();
  for (let step = 0; step < steps; step++) {
    // A new string with the same content, like the strings that callers pass.
    const key = `${pick(among, random)}!`.slice(0, -1);
    const expected = model.get(key);
    if (index.get(key) !== expected) throw new Error(`step ${step} finds another lock on ${key}`);
    if (expected === undefined) {
      const lock = new KeyLock(key, false, undefined);
      index.add(lock);
      model.set(key, lock);
    } else {
      index.delete(expected);
      model.delete(key);
    }
    if (index.size !== model.size) throw new Error(`step ${step} leaves ${index.size} locks`);
    if (random() < looks) compareRange(step);
    if (random() < looks / 10) index.forgetOrder();
  }
  function compareRange(step: number): void {
    const bounds = [pick(among, random), pick(among, random)].sort();
    const range = { from: bounds[0] ?? '', to: random() < 0.3 ? undefined : bounds[1] };
    const expected = [...model.values()].filter((lock) => covers(range, lock.key));
    const found = new Set(index.in(range));
    if (found.size !== expected.length || !expected.every((lock) => found.has(lock)))
      throw new Error(`step ${step} finds ${found.size} locks in a range instead of ${expected.length}`);
  }

  expect(new Set(index)).toEqual(new Set(model.values()));
  expect([...index]).toHaveLength(model.size);
}

describe('LockIndex', () => {
  for (const seed of [1, 2, 3])
    it(`finds the same locks as a Map, seed ${seed}`, () => runBeside(seed, keys, 5_000, 0.02));

  // One look does not put this many keys in order. So locks are added and removed while other locks are still
  // unordered.
  const many = Array.from({ length: 20_000 }, (_, number) => `n:${number}`);
  for (const seed of [4, 5])
    it(`finds the same locks as a Map among thousands, seed ${seed}`, () =>
      runBeside(seed, many, 50_000, 0.002));

  it('grows no Map beyond 2^17 locks', () => {
    let most = 0;
    class WatchedMap<K, V> extends Map<K, V> {
      override set(key: K, value: V): this {
        super.set(key, value);
        most = Math.max(most, this.size);
        return this;
      }
    }
    vi.stubGlobal('Map', WatchedMap);
    const index = new LockIndex();
    vi.unstubAllGlobals();
    for (let number = 0; number < 200_000; number++) index.add(new KeyLock(`n:${number}`, false, undefined));
    // A Map in V8 doubles its table when it is full, and 2^17 entries fill it.
    expect(most).toBe(2 ** 17);
    expect([...index]).toHaveLength(200_000);
    expect(index.size).toBe(200_000);
  });

  it('puts thousands of locks in order during several range lookups', () => {
    const index = new LockIndex();
    for (const key of many) index.add(new KeyLock(key, false, undefined));
    const range = { from: 'n:77', to: 'n:78' };
    const expected = many.filter((key) => covers(range, key));
    const set = vi.spyOn(BTree.prototype, 'set');
    const setWithLooks: number[] = [];
    for (let look = 0; look < 20; look++) {
      set.mockClear();
      expect(Array.from(index.in(range), (lock) => lock.key).sort()).toEqual(expected.toSorted());
      setWithLooks.push(set.mock.calls.length);
    }
    expect(setWithLooks.reduce((sum, count) => sum + count)).toBe(many.length);
    expect(Math.max(...setWithLooks)).toBeLessThan(many.length / 4);
  });
});
