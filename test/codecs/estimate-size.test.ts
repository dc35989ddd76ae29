import { describe, expect, it } from 'vitest';
import { estimateSize } from '../../src/codecs/values/estimate-size.ts';
import { SIZED_SHAPES } from '../cache/sized-shapes.ts';

const KEY_BYTES = estimateSize(0, '');

/** Returns the estimate without the bytes of the key. */
function valueBytes(value: unknown): number {
  return estimateSize(value, '') - KEY_BYTES;
}

describe('estimateSize', () => {
  for (const { name, make, measuredBytes } of SIZED_SHAPES) {
    it(`is near the measured size: ${name}`, () => {
      const estimate = valueBytes(structuredClone(make(5000)));
      expect(estimate).toBeGreaterThanOrEqual(Math.floor(measuredBytes * 0.85) - 1);
      expect(estimate).toBeLessThanOrEqual(measuredBytes * 1.3);
    });
  }

  it('counts one or two bytes for each code unit of the key', () => {
    expect(estimateSize(0, '')).toBe(16);
    expect(estimateSize(0, 'k'.repeat(800)) - KEY_BYTES).toBe(800);
    expect(estimateSize(0, '\u0100'.repeat(800)) - KEY_BYTES).toBe(1600);
  });

  it('returns a positive integer for every kind of value', () => {
    const kinds = [
      null,
      true,
      0,
      -0,
      Number.NaN,
      1.5,
      -(2 ** 40),
      '',
      'text',
      0n,
      -(2n ** 100n),
      {},
      [],
      /x/,
    ];
    const objects = [new Date(), new Map(), new Set(), new ArrayBuffer(3), new DataView(new ArrayBuffer(1))];
    for (const value of [...kinds, ...objects, new Error('x'), Object.create(null), Object(1)]) {
      const size = estimateSize(value, 'key');
      expect(Number.isSafeInteger(size) && size > 0, String(Object.prototype.toString.call(value))).toBe(
        true,
      );
    }
  });

  it('counts nested values in every container', () => {
    const text = 'x'.repeat(8000);
    for (const value of [[text], { text }, new Map([[text, 1]]), new Map([[1, text]]), new Set([text])]) {
      expect(valueBytes(value)).toBeGreaterThan(8000);
      expect(valueBytes([{ deep: value }])).toBeGreaterThan(valueBytes(value));
    }
    expect(valueBytes(new Error('x', { cause: { text } }))).toBeGreaterThan(8000);
  });

  it('counts an object once if it is referenced twice, and terminates on a cycle', () => {
    const shared = { text: 'x'.repeat(8000) };
    expect(valueBytes([shared, shared])).toBeLessThan(8500);
    const cycle: unknown[] = [shared];
    cycle.push(cycle, new Map([[cycle, cycle]]));
    expect(valueBytes(cycle)).toBeLessThan(9000);
  });

  it('counts values of any depth', () => {
    let value: unknown = 'the bottom';
    for (let level = 0; level < 100_000; level++) value = [value];
    expect(valueBytes(value)).toBeGreaterThan(100_000 * 50);
  });

  it('counts the whole buffer of a view, and only once', () => {
    const pool = new ArrayBuffer(100_000);
    expect(valueBytes(new Uint8Array(pool, 0, 10))).toBeGreaterThan(100_000);
    const views = [pool, new Uint8Array(pool, 0, 10), new DataView(pool)];
    expect(valueBytes(views)).toBeLessThan(101_000);
    expect(valueBytes(new Uint8Array(10))).toBeLessThan(300);
  });

  it('counts the named properties of an array, and the content of a RegExp and of a boxed primitive', () => {
    const text = 'x'.repeat(8000);
    for (const value of [
      Object.assign([1], { text }),
      new RegExp(text),
      Object(text),
      Object(2n ** 64_000n),
    ]) {
      expect(valueBytes(value)).toBeGreaterThan(8000);
      expect(valueBytes(value)).toBeLessThan(8300);
    }
  });
});
