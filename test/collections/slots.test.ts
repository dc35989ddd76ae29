import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Slots } from '../../src/collections/slots.ts';

describe('Slots', () => {
  it('finds the same values as a Map, for any keys', () => {
    const change = fc.record({
      key: fc.oneof(
        fc.nat(40),
        // Keys that share a slot. Some of the keys need more than 32 bits.
        fc.nat(4).map((n) => 7 + 32 * n),
        fc.nat(2).map((n) => 2 ** 32 * n),
      ),
      add: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const slots = new Slots<number, { key: number }>(32, new Map());
        const model = new Map<number, { key: number }>();
        for (const { key, add } of changes) {
          const known = model.get(key);
          if (add && known === undefined) {
            const value = { key };
            model.set(key, value);
            slots.add(key, value);
          } else if (!add) {
            expect(slots.delete(key, known ?? { key })).toBe(known !== undefined);
            model.delete(key);
          }
          expect(slots.get(key, key)).toBe(model.get(key));
          expect(slots.size).toBe(model.size);
        }
        expect(new Set(slots)).toEqual(new Set(model.values()));
      }),
    );
  });

  it('stores a value in the map only if its slot is taken', () => {
    const others = new Map<number, { key: number }>();
    const slots = new Slots<number, { key: number }>(4, others);
    for (const key of [1, 2, 5]) slots.add(key, { key });
    expect([...others.keys()]).toEqual([5]);
    expect(Array.from(slots, ({ key }) => key)).toEqual([1, 2, 5]);
  });
});
