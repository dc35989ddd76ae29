import { describe, expect, it } from 'vitest';
import { ExpiryIndex } from '../../src/memory/expiry/expiry-index.ts';
import { HeldOver, Hold } from '../../src/memory/expiry/held-over.ts';

describe('ExpiryIndex', () => {
  it('gives what is due, the earliest first, and entries of one moment by key', () => {
    const index = new ExpiryIndex();
    expect(index.nextDueMs).toBeUndefined();
    for (const [key, expiresAtMs] of [
      ['d', 30],
      ['b', 20],
      ['c', 20],
      ['a', 40],
    ] as const)
      index.set(key, expiresAtMs);
    expect(index.nextDueMs).toBe(20);
    expect([...index.dueBy(19)]).toEqual([]);
    expect([...index.dueBy(20)]).toEqual(['b', 'c']);
    expect([...index.dueBy(40)]).toEqual(['b', 'c', 'd', 'a']);
    expect(index.dueIn({ from: 'b', to: 'd' }, 30)).toEqual(['b', 'c']);
    expect(index.dueIn({ from: '', to: undefined }, 30)).toEqual(['b', 'c', 'd']);
  });

  it('gives what is due in parts, each behind the last of the part before', () => {
    const index = new ExpiryIndex();
    for (const key of ['a', 'b', 'c']) index.set(key, 10);
    index.set('d', 11);
    index.set('e', 12);
    const first = index.dueAfter(undefined, 11, 2);
    expect(first).toEqual([
      [10, 'a'],
      [10, 'b'],
    ]);
    const second = index.dueAfter(first.at(-1), 11, 2);
    expect(second).toEqual([
      [10, 'c'],
      [11, 'd'],
    ]);
    expect(index.dueAfter(second.at(-1), 11, 2)).toEqual([]);
    // The last one may have gone meanwhile.
    index.delete('b');
    expect(index.dueAfter(first.at(-1), 10, 2)).toEqual([[10, 'c']]);
  });

  it('has one moment for each key, the last that was set', () => {
    const index = new ExpiryIndex();
    index.set('a', 10);
    index.set('a', 20);
    expect([index.size, index.get('a')]).toEqual([1, 20]);
    expect([...index.dueBy(19)]).toEqual([]);
    index.delete('a');
    index.delete('a');
    expect([index.size, index.get('a'), index.nextDueMs]).toEqual([0, undefined, undefined]);
  });
});

describe('HeldOver', () => {
  it('keeps a key until the last who holds it has gone', () => {
    const heldOver = new HeldOver();
    const [one, two] = [new Hold(), new Hold()];
    expect(heldOver.isEmpty).toBe(true);
    heldOver.keepKey(one, 'a');
    heldOver.keepKey(one, 'a');
    heldOver.keepKey(two, 'a');
    heldOver.keepKey(two, 'b');
    expect([heldOver.has('a'), heldOver.has('b'), heldOver.has('c')]).toEqual([true, true, false]);
    heldOver.release(one);
    expect([heldOver.has('a'), heldOver.isEmpty]).toEqual([true, false]);
    heldOver.release(two);
    expect([heldOver.has('a'), heldOver.has('b'), heldOver.isEmpty]).toEqual([false, false, true]);
  });

  it('keeps the ranges of a scan as one, in whichever direction it goes', () => {
    for (const parts of [
      ['a', 'b', 'c', 'd'],
      ['d', 'c', 'b', 'a'],
    ]) {
      const heldOver = new HeldOver();
      const hold = new Hold();
      for (let index = 1; index < parts.length; index++) {
        const [from = '', to = ''] = [parts[index - 1], parts[index]].sort();
        heldOver.keepRange(hold, { from, to });
      }
      expect(hold.ranges).toEqual([{ from: 'a', to: 'd' }]);
      expect(heldOver.keepsRange(hold, { from: 'a', to: 'd' })).toBe(true);
      expect(heldOver.keepsRange(hold, { from: 'a', to: 'e' })).toBe(false);
      expect(['a', 'c', 'd'].map((key) => heldOver.has(key))).toEqual([true, true, false]);
      heldOver.release(hold);
      expect(heldOver.has('a')).toBe(false);
    }
  });

  it('keeps ranges apart that do not touch', () => {
    const heldOver = new HeldOver();
    const hold = new Hold();
    heldOver.keepRange(hold, { from: 'a', to: 'b' });
    heldOver.keepRange(hold, { from: 'x', to: undefined });
    heldOver.keepRange(hold, { from: 'm', to: 'n' });
    expect(hold.ranges).toHaveLength(3);
    expect(['a', 'b', 'm', 'n', 'x', 'z'].map((key) => heldOver.has(key))).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});
