import { describe, expect, it } from 'vitest';
import { PinnedEntries, Pins } from '../../../src/memory/expiry/pinned-entries.ts';

describe('PinnedEntries', () => {
  it('keeps an entry until all its pins are released, and then keeps nothing', () => {
    const entries = new PinnedEntries();
    const [one, two] = [new Pins(), new Pins()];
    for (const pins of [one, two]) for (const key of ['a', 'b', 'c']) entries.pinKey(pins, key);
    entries.pinRange(one, { from: 'r', to: 's' });
    expect(['a', 'r', 's'].map((key) => entries.has(key))).toEqual([true, true, false]);
    entries.end(one);
    expect(['a', 'r'].map((key) => entries.has(key))).toEqual([true, false]);
    entries.end(two);
    expect(entries.has('a')).toBe(false);
    expect(entries.release(one, 2)).toBe(true);
    expect(entries.release(one, 2)).toBe(false);
    expect(entries.isEmpty).toBe(false);
    expect(entries.release(two)).toBe(false);
    expect(entries.isEmpty).toBe(true);
    entries.pinKey(one, 'a');
    entries.release(one);
    expect(entries.isEmpty).toBe(true);
  });
});
