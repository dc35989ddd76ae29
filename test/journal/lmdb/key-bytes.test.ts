import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isShortened, keyBytes, keyOf } from '../../../src/journal/lmdb/key-bytes.ts';

const key = fc.string({ unit: 'binary', maxLength: 12 });
// Characters around the surrogates, where the orders of UTF-8 and UTF-16 differ.
const oddKey = fc.string({
  unit: fc.constantFrom(
    '\0',
    'a',
    '\x7f',
    '\x80',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ),
  maxLength: 6,
});

describe('the bytes of a key', () => {
  it("sort in the order of the keys' UTF-16 code units", () => {
    fc.assert(
      fc.property(fc.oneof(key, oddKey), fc.oneof(key, oddKey), (a, b) => {
        const order = a < b ? -1 : a > b ? 1 : 0;
        expect(Math.sign(Buffer.compare(keyBytes(a), keyBytes(b)))).toBe(order);
      }),
      { numRuns: 5_000 },
    );
  });

  it('decode to the same key', () => {
    fc.assert(
      fc.property(fc.oneof(key, oddKey), (a) => {
        expect(keyOf(keyBytes(a))).toBe(a);
      }),
      { numRuns: 5_000 },
    );
  });

  it('are within the limit of LMDB, and unique for each key', () => {
    const found = new Set<string>();
    for (let length = 1_900; length < 2_100; length++) {
      for (const tail of ['a', 'b', '\u{1f600}']) {
        const bytes = keyBytes(`${'k'.repeat(length)}${tail}`);
        expect(bytes.length).toBeLessThanOrEqual(1_978);
        expect(isShortened(bytes)).toBe(
          length + Buffer.byteLength(tail === '\u{1f600}' ? 'abcdef' : tail) >= 1_945,
        );
        found.add(bytes.toString('latin1'));
      }
    }
    expect(found.size).toBe(600);
  });
});
