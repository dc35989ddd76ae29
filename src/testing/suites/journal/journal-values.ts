import { assert, assertEqual } from '../../assert.ts';
import type { JournalStorage } from './journal-storage.ts';
import { put, reload, withJournal } from './journal-storage.ts';

/**
 * A value of one kind that a store accepts. `seen` returns the part to compare, for kinds that `assertEqual`
 * does not support.
 */
export interface JournalValue {
  readonly kind: string;
  readonly value: unknown;
  readonly seen?: (value: unknown) => unknown;
}

/** Returns a value with two levels of nesting for each pair. */
function nested(pairs: number): unknown {
  let value: unknown = 'the bottom';
  for (let pair = 0; pair < pairs; pair++) value = { inner: [value] };
  return value;
}

function bytesOf(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return ['ArrayBuffer', new Uint8Array(value)];
  assert(value instanceof DataView, 'a DataView is loaded as a DataView');
  return ['DataView', new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
}

function regExpParts(value: unknown): unknown {
  assert(value instanceof RegExp, 'a regular expression is loaded as a regular expression');
  return [value.source, value.flags];
}

function errorParts(value: unknown): unknown {
  assert(value instanceof Error, 'an error is loaded as an error');
  return [Object.getPrototypeOf(value).constructor.name, value.message];
}

const TYPED_ARRAYS = [
  ...[Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array],
].map((Type) => ({ kind: `a ${Type.name}`, value: Type.of(0, 1, 2, 100) }));

/** The values that the suite writes and reads, with one test for each. */
export const JOURNAL_VALUES: readonly JournalValue[] = [
  { kind: 'null', value: null },
  { kind: 'true', value: true },
  { kind: 'false', value: false },
  { kind: 'zero', value: 0 },
  { kind: 'minus zero', value: -0 },
  { kind: 'NaN', value: Number.NaN },
  { kind: 'infinite', value: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] },
  {
    kind: 'a large or small number',
    value: [Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, -1e308, 2 ** 53, 0.1],
  },
  { kind: 'a bigint', value: [0n, -1n, 2n ** 63n - 1n, 2n ** 64n, -(2n ** 200n)] },
  { kind: 'the empty string', value: '' },
  { kind: 'a string beyond Latin-1', value: 'gr\u00fc\u00dfe \u4f60\u597d \u{1f600} \0' },
  { kind: 'a string with a lone surrogate', value: 'a\ud800b' },
  { kind: 'a string of a million characters', value: 'abcdefghij'.repeat(100_000) },
  { kind: 'an empty object', value: {} },
  { kind: 'an object with undefined in it', value: { a: undefined, b: [undefined, null] } },
  { kind: 'an object with odd names', value: { '': 1, 'a b': 2, 0: 3, ['__proto__']: 4, constructor: 5 } },
  { kind: 'an array of arrays', value: [[], [1, [2, [3]]], ['x']] },
  { kind: 'nested 500 levels deep', value: nested(250) },
  { kind: 'a Date', value: [new Date(0), new Date(-1), new Date(8.64e15)] },
  {
    kind: 'a Map',
    value: new Map<unknown, unknown>([
      [1, 'number'],
      ['1', 'string'],
      ['m', new Map([[{}.toString(), []]])],
    ]),
  },
  { kind: 'an empty Map and Set', value: [new Map(), new Set()] },
  { kind: 'a Set', value: new Set([1, '1', null, undefined, 2n, Number.NaN]) },
  ...TYPED_ARRAYS,
  { kind: 'a BigInt64Array', value: BigInt64Array.of(-1n, 2n ** 62n) },
  { kind: 'a BigUint64Array', value: BigUint64Array.of(1n, 2n ** 63n) },
  { kind: 'a part of a larger buffer', value: new Uint8Array(Uint8Array.of(1, 2, 3, 4, 5).buffer, 1, 3) },
  { kind: 'an ArrayBuffer', value: Uint8Array.of(1, 2, 3).buffer, seen: bytesOf },
  { kind: 'a DataView', value: new DataView(Uint8Array.of(1, 2, 3).buffer, 1), seen: bytesOf },
  { kind: 'a regular expression', value: /a+(?<name>b)\//giu, seen: regExpParts },
  { kind: 'an error', value: new RangeError('too far'), seen: errorParts },
];

export async function checkValue(
  storage: JournalStorage,
  { kind, value, seen }: JournalValue,
): Promise<void> {
  const look = seen ?? ((it: unknown) => it);
  await withJournal(storage, (journal) => journal.append({ transactionId: 1, writes: [put('key', value)] }));
  const entry = (await reload(storage)).get('key');
  assert(entry !== undefined, `the entry with a value that is ${kind} is loaded`);
  assertEqual(look(entry.value), look(value), `the value that is ${kind}`);
}

interface Knot {
  name: string;
  self?: Knot;
  list: unknown[];
  map: Map<string, unknown>;
}

/** Checks that a value with cycles and shared references is loaded with the same references. */
export async function checkReferences(storage: JournalStorage): Promise<void> {
  const knot: Knot = { name: 'knot', list: [], map: new Map() };
  const shared = { name: 'shared' };
  knot.self = knot;
  knot.list.push(shared, shared, knot.list);
  knot.map.set('map', knot.map);
  await withJournal(storage, (journal) => journal.append({ transactionId: 1, writes: [put('key', knot)] }));

  const loaded = (await reload(storage)).get('key')?.value as Knot | undefined;
  assertEqual(loaded?.name, 'knot', 'the name of the object');
  assert(loaded?.self === loaded, 'an object refers to itself');
  assertEqual(loaded?.list[0], shared, 'the shared element');
  assert(loaded?.list[0] === loaded?.list[1], 'both elements are the same object');
  assert(loaded?.list[2] === loaded?.list, 'an array contains itself');
  assert(loaded?.map.get('map') === loaded?.map, 'a map contains itself');
}
