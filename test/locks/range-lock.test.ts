import { describe, expect, it } from 'vitest';
import { covers, type KeyRange } from '../../src/contract/key-range.ts';
import { KeyLockManager } from '../../src/locks/key-locks/key-lock-manager.ts';
import { RangeLock } from '../../src/locks/key-locks/range-lock.ts';

const BOUNDS = [...'abcde'];
/** A key at each bound, and a key between each bound and the next. */
const KEYS = BOUNDS.flatMap((bound) => [bound, `${bound}5`]);

const RANGES: readonly KeyRange[] = BOUNDS.flatMap((from) => [
  ...BOUNDS.filter((to) => to > from).map((to) => ({ from, to })),
  { from, to: undefined },
]);

const keysIn = (range: KeyRange): string[] => KEYS.filter((key) => covers(range, key));

describe('a range lock', () => {
  const session = new KeyLockManager({ abortVictim() {} }).session({ id: 1, age: 1 });

  it('is extended by ranges that overlap or touch it, and refuses ranges that leave a gap', () => {
    for (const held of RANGES) {
      for (const range of RANGES) {
        const lock = new RangeLock(session, held);
        const both = KEYS.filter((key) => covers(held, key) || covers(range, key));
        const spans = KEYS.slice(KEYS.indexOf(both[0] ?? ''), KEYS.indexOf(both.at(-1) ?? '') + 1);
        const isOne = both.length === spans.length;
        expect(lock.extend(range), JSON.stringify([held, range])).toBe(isOne);
        expect(keysIn(lock.range)).toEqual(isOne ? both : keysIn(held));
        if (isOne) expect(lock.range.to === undefined).toBe(held.to === undefined || range.to === undefined);
        expect(lock.covers(range)).toBe(isOne);
      }
    }
  });
});
