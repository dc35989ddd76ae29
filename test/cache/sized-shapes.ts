/** A shape of values: a function that creates such values, and the measured memory of one value. */
export interface SizedShape {
  readonly name: string;
  make(index: number): unknown;
  /** The bytes that `bench/size-of.ts` printed (Node 20.20, x64). Each value was a structured clone. */
  readonly measuredBytes: number;
}

function numbered<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/**
 * Returns a string that shares no memory with others, like a string that was read from a file or a socket.
 */
function text(length: number, index: number, filler = 'a'): string {
  return JSON.parse(JSON.stringify(`${index}:`.padEnd(length, filler)));
}

/** Shapes that stores usually hold, and shapes that are hard to estimate. */
export const SIZED_SHAPES: readonly SizedShape[] = [
  { name: 'small integer', make: (index) => index, measuredBytes: 1 },
  { name: 'string of 20', make: (index) => text(20, index), measuredBytes: 40 },
  { name: 'string of 1000', make: (index) => text(1000, index), measuredBytes: 1016 },
  { name: 'two-byte string of 100', make: (index) => text(100, index, '\u20ac'), measuredBytes: 216 },
  { name: 'bigint of 1024 bits', make: (index) => 2n ** 1023n + BigInt(index), measuredBytes: 145 },
  { name: 'empty object', make: () => ({}), measuredBytes: 56 },
  { name: 'balance', make: (index) => ({ balance: index }), measuredBytes: 56 },
  {
    name: 'user',
    make: (index) => ({
      id: index,
      name: text(12, index),
      tags: ['a', 'b'],
      active: true,
      score: index + 0.5,
    }),
    measuredBytes: 207,
  },
  {
    name: 'order with ten lines',
    make: (index) => ({
      id: index,
      lines: numbered(10, (line) => ({ sku: text(8, line), count: 2, price: 9.5 })),
    }),
    measuredBytes: 1144,
  },
  {
    name: 'dictionary of 100',
    make: (index) => Object.fromEntries(numbered(100, (entry) => [`${index}/${entry}`, entry])),
    measuredBytes: 6833,
  },
  { name: 'array of 100 integers', make: (index) => numbered(100, (at) => index + at), measuredBytes: 848 },
  {
    name: 'array of 100 fractions',
    make: (index) => numbered(100, (at) => index + at + 0.5),
    measuredBytes: 2448,
  },
  { name: 'empty Map', make: () => new Map(), measuredBytes: 184 },
  { name: 'Map of 100', make: () => new Map(numbered(100, (at) => [at, at])), measuredBytes: 3656 },
  { name: 'Set of 17', make: () => new Set(numbered(17, (at) => at)), measuredBytes: 713 },
  { name: 'Date', make: (index) => new Date(index), measuredBytes: 96 },
  { name: '16 bytes', make: () => new Uint8Array(16), measuredBytes: 200 },
  { name: '1000 doubles', make: (index) => new Float64Array(1000).fill(index + 0.5), measuredBytes: 8184 },
  {
    name: 'error',
    // The real stack trace would depend on where the test runs.
    make: (index) => Object.assign(new RangeError('too far'), { stack: text(300, index) }),
    measuredBytes: 392,
  },
];
