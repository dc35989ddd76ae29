import { describe, expect, it } from 'vitest';
import { HeldOver, Hold } from '../../src/memory/expiry/held-over.ts';

describe('HeldOver', () => {
  it('keeps an entry until every hold of it has ended, and nothing once they are released', () => {
    const heldOver = new HeldOver();
    const [one, two] = [new Hold(), new Hold()];
    for (const hold of [one, two]) for (const key of ['a', 'b', 'c']) heldOver.keepKey(hold, key);
    heldOver.keepRange(one, { from: 'r', to: 's' });
    expect(['a', 'r', 's'].map((key) => heldOver.has(key))).toEqual([true, true, false]);
    heldOver.end(one);
    expect(['a', 'r'].map((key) => heldOver.has(key))).toEqual([true, false]);
    heldOver.end(two);
    expect(heldOver.has('a')).toBe(false);
    expect(heldOver.release(one, 2)).toBe(true);
    expect(heldOver.release(one, 2)).toBe(false);
    expect(heldOver.isEmpty).toBe(false);
    expect(heldOver.release(two)).toBe(false);
    expect(heldOver.isEmpty).toBe(true);
    heldOver.keepKey(one, 'a');
    heldOver.release(one);
    expect(heldOver.isEmpty).toBe(true);
  });
});
