import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePackCodec } from '../../src/codecs/message-pack-codec.ts';
import { nodeFormat } from '../../src/codecs/node-format.ts';
import { textCodec } from '../../src/protocol/text-codec.ts';

const codec = messagePackCodec(nodeFormat);

/** Encodes and decodes a value, and then overwrites the buffer that held the bytes. */
function throughWire(value: unknown): unknown {
  const bytes = Buffer.from(codec.encode(value));
  const result = codec.decode(bytes);
  bytes.fill(0xff);
  return result;
}

describe('the MessagePack codec', () => {
  it('round-trips every value that can be cloned', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      stringUnit: 'binary',
    });
    fc.assert(
      fc.property(anything, (value) => {
        fc.pre(value !== undefined);
        expect(throughWire(value)).toStrictEqual(structuredClone(value));
      }),
      { numRuns: 1000 },
    );
  });

  const cyclic: { name: string; self?: unknown } = { name: 'cyclic' };
  cyclic.self = cyclic;
  const shared = { a: 1 };
  const loneSurrogate = '\ud800';
  class Point {
    x = 1;
  }
  const values: Readonly<Record<string, unknown>> = {
    'minus zero': -0,
    'a nested minus zero': { a: [-0] },
    'a lone surrogate': ['\ud800'],
    'a RegExp with a lone surrogate': [new RegExp(loneSurrogate)],
    'an array with holes': Object.assign([1], { 2: 3 }),
    'an array with a property': Object.assign([1], { x: 2 }),
    'an array with a hole and a property': Object.assign([], { 1: 1, x: 2 }),
    'a key __proto__': JSON.parse('{"__proto__":{"a":1}}'),
    'a cycle': cyclic,
    'a shared part': [shared, shared],
    'a Map with object keys': new Map([[{ a: 1 }, new Set([new Map()])]]),
    'a great BigInt': [2n ** 200n, -(2n ** 100n), 5n],
    'an error': new TypeError('wrong', { cause: 1 }),
    'an error with a name of its own': Object.assign(new Error('x'), { name: 'Mine' }),
    'an instance of a class': new Point(),
    'undefined within': { a: undefined, b: [undefined] },
    'a view of a part of a buffer': new DataView(new ArrayBuffer(8), 2, 3),
    'a clamped array': [new Uint8ClampedArray([1, 300])],
    'big integers in an array': new BigUint64Array([2n ** 63n]),
    'something deep': JSON.parse('['.repeat(500) + ']'.repeat(500)),
    'something long': Array.from({ length: 20_000 }, (_, index) => ({ index })),
  };
  for (const [name, value] of Object.entries(values)) {
    it(`gives back ${name}`, () => {
      expect(throughWire(value)).toStrictEqual(structuredClone(value));
    });
  }

  it('keeps cycles and shared references', () => {
    const cycle = throughWire(cyclic) as { self: unknown };
    expect(cycle.self).toBe(cycle);
    const [first, second] = throughWire([shared, shared]) as unknown[];
    expect(first).toBe(second);
  });

  it('returns a Buffer as a Uint8Array with the same bytes', () => {
    expect(throughWire(Buffer.from('abc'))).toStrictEqual(new Uint8Array([97, 98, 99]));
  });

  it('refuses values that cannot be cloned', () => {
    for (const value of [() => 1, Symbol('x'), { deep: [() => 1] }])
      expect(() => codec.encode(value)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
  });

  it('refuses all bytes that are not MessagePack', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, exact) => {
        try {
          codec.decode(Buffer.from(exact ? [0xc1, ...bytes] : bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_VALUE' });
        }
      }),
      { numRuns: 3000 },
    );
    expect(throughWire({ still: 'well' })).toEqual({ still: 'well' });
  });
});

describe('the text codec', () => {
  const read = (value: unknown): unknown => {
    const shown = textCodec.encode(value);
    return typeof shown === 'string' ? shown : [...shown];
  };

  it('decodes UTF-8 to strings with their byte order mark, and copies all other bytes', () => {
    const bytes = Buffer.from('\ufeffhäß😀');
    expect(textCodec.decode(bytes)).toBe('\ufeffhäß😀');
    const raw = Buffer.from([1, 0xff, 2]);
    const kept = textCodec.decode(raw);
    raw.fill(0);
    expect(kept).toStrictEqual(new Uint8Array([1, 0xff, 2]));
    expect(read(kept)).toEqual([1, 0xff, 2]);
  });

  const shown: readonly (readonly [value: unknown, json: string])[] = [
    [5, '5'],
    [null, 'null'],
    [Number.NaN, 'null'],
    [12n, '"12"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(Number.NaN), 'null'],
    [{ a: [undefined, true] }, '{"a":[null,true]}'],
    [new Map<unknown, unknown>([['a', new Set([1])]]), '{"a":[1]}'],
    [new Map<unknown, unknown>([[1, 'b']]), '[[1,"b"]]'],
    [/a\/b/g, '"/a\\\\/b/g"'],
    [new RangeError('far'), '{"name":"RangeError","message":"far"}'],
    [new Float64Array([1.5]), '[1.5]'],
    [new Uint8Array([1]).buffer, '[1]'],
    [new DataView(new Uint8Array([1, 2, 3]).buffer, 1), '[2,3]'],
    [Object('boxed'), '"boxed"'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ];
  for (const [value, json] of shown) {
    it(`shows a value that is not a string as ${json}`, () => {
      expect(read(value)).toBe(json);
    });
  }

  it('refuses to show a value that contains itself, and shows a shared reference twice', () => {
    const cyclic: unknown[] = [];
    cyclic.push({ in: cyclic });
    expect(() => textCodec.encode(cyclic)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
    const shared = {};
    expect(read([shared, shared])).toBe('[{},{}]');
  });

  it('refuses a value whose JSON would be far larger than the value', () => {
    const doubled = Array.from({ length: 60 }).reduce<unknown[]>((inner) => [inner, inner], []);
    expect(() => textCodec.encode(doubled)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
    const sparse = Object.assign([], { 4000000000: 1 });
    expect(() => textCodec.encode(sparse)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
    expect(read(Object.assign([], { 2: 1 }))).toBe('[null,null,1]');
  });

  it('repeats shared objects up to 100,000 times, and lists up to a million holes', () => {
    const refused = expect.objectContaining({ code: 'INVALID_VALUE' });
    const shared = {};
    const references = (repeated: number): object[] => new Array<object>(repeated + 1).fill(shared);
    expect(read(references(100_000))).toHaveLength('[]'.length + '{},'.length * 100_001 - 1);
    expect(() => textCodec.encode(references(100_001))).toThrow(refused);
    const holes = (count: number): unknown[] => Object.assign([], { [count]: 1 });
    expect(read(holes(1_000_000))).toHaveLength('[1]'.length + 'null,'.length * 1_000_000);
    expect(() => textCodec.encode(holes(1_000_001))).toThrow(refused);
  });
});
