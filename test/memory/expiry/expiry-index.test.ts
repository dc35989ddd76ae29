import { describe, expect, it } from 'vitest';
import { ExpiryIndex } from '../../../src/memory/expiry/expiry-index.ts';
import { PinnedEntries, Pins } from '../../../src/memory/expiry/pinned-entries.ts';

describe('ExpiryIndex', () => {
  it('returns due entries by time, and entries of the same time by key', () => {
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

  it('returns due entries in parts, each after the last entry of the previous part', () => {
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
    // The last entry may be deleted meanwhile.
    index.delete('b');
    expect(index.dueAfter(first.at(-1), 10, 2)).toEqual([[10, 'c']]);
  });

  it('keeps the last time that was set for each key', () => {
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

describe('PinnedEntries', () => {
  it('keeps a key until the last transaction that pinned it has released it', () => {
    const entries = new PinnedEntries();
    const [one, two] = [new Pins(), new Pins()];
    expect(entries.isEmpty).toBe(true);
    entries.pinKey(one, 'a');
    entries.pinKey(one, 'a');
    entries.pinKey(two, 'a');
    entries.pinKey(two, 'b');
    expect([entries.has('a'), entries.has('b'), entries.has('c')]).toEqual([true, true, false]);
    entries.release(one);
    expect([entries.has('a'), entries.isEmpty]).toEqual([true, false]);
    entries.release(two);
    expect([entries.has('a'), entries.has('b'), entries.isEmpty]).toEqual([false, false, true]);
  });

  it('merges the ranges of a scan, in both directions', () => {
    for (const parts of [
      ['a', 'b', 'c', 'd'],
      ['d', 'c', 'b', 'a'],
    ]) {
      const entries = new PinnedEntries();
      const pins = new Pins();
      for (let index = 1; index < parts.length; index++) {
        const [from = '', to = ''] = [parts[index - 1], parts[index]].sort();
        entries.pinRange(pins, { from, to });
      }
      expect(pins.ranges).toEqual([{ from: 'a', to: 'd' }]);
      expect(entries.hasRange(pins, { from: 'a', to: 'd' })).toBe(true);
      expect(entries.hasRange(pins, { from: 'a', to: 'e' })).toBe(false);
      expect(['a', 'c', 'd'].map((key) => entries.has(key))).toEqual([true, true, false]);
      entries.release(pins);
      expect(entries.has('a')).toBe(false);
    }
  });

  it('keeps ranges apart that do not touch', () => {
    const entries = new PinnedEntries();
    const pins = new Pins();
    entries.pinRange(pins, { from: 'a', to: 'b' });
    entries.pinRange(pins, { from: 'x', to: undefined });
    entries.pinRange(pins, { from: 'm', to: 'n' });
    expect(pins.ranges).toHaveLength(3);
    expect(['a', 'b', 'm', 'n', 'x', 'z'].map((key) => entries.has(key))).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
    ]);
  });
});
