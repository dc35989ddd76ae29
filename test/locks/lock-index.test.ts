import { describe, expect, it } from 'vitest';
import { covers } from '../../src/key-range.ts';
import { KeyLock } from '../../src/locks/key-locks/key-lock.ts';
import { LockIndex } from '../../src/locks/key-locks/lock-index.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';

const STEPS = 5000;

/** Keys of all kinds, among them many that end alike and so share a slot. */
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

/** Adds, finds and deletes locks at random beside a `Map` that does the same. */
function runBeside(seed: number): void {
  const random = seededRandom(seed);
  const index = new LockIndex();
  const model = new Map<string, KeyLock>();
  for (let step = 0; step < STEPS; step++) {
    // Another string of the same content, as callers give them.
    const key = `${pick(keys, random)}!`.slice(0, -1);
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
    if (random() < 0.02) compareRange(step);
    if (random() < 0.002) index.forgetOrder();
  }
  function compareRange(step: number): void {
    const bounds = [pick(keys, random), pick(keys, random)].sort();
    const range = { from: bounds[0] ?? '', to: random() < 0.3 ? undefined : bounds[1] };
    const expected = [...model.values()].filter((lock) => covers(range, lock.key));
    const found = [...index.in(range)];
    if (found.length !== expected.length || !expected.every((lock) => found.includes(lock)))
      throw new Error(`step ${step} finds ${found.length} locks in a range instead of ${expected.length}`);
  }

  expect(new Set(index)).toEqual(new Set(model.values()));
  expect([...index]).toHaveLength(model.size);
}

describe('LockIndex', () => {
  for (const seed of [1, 2, 3]) it(`finds what a Map finds, seed ${seed}`, () => runBeside(seed));
});
