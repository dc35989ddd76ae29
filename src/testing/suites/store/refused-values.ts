import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collectKeys } from './collect.ts';
import { NESTINGS, nested } from './nested.ts';
import type { StoreCases } from './store-cases.ts';

const REFUSED: readonly unknown[] = [
  undefined,
  () => 1,
  Symbol('s'),
  Symbol.iterator,
  new WeakMap(),
  Promise.resolve(1),
  { nested: { f: () => 1 } },
  { method() {} },
  [1, [Symbol('s')]],
  new Map([['f', () => 1]]),
  new Set([Symbol('s')]),
  ...sharedMemory(),
  ...platformObjects(),
  ...untouchable(),
];

/** Returns objects that the platform passes by reference, or that have no meaning outside the process. */
function platformObjects(): readonly unknown[] {
  const emptyModule = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  // Each of these is missing on some platform, and the types of the core do not include them.
  const platform = globalThis as unknown as {
    Blob?: new (parts: string[]) => object;
    MessageChannel?: new () => { port1: object };
    ReadableStream?: new () => object;
    WebAssembly?: { Module: new (bytes: Uint8Array) => object };
  };
  const { Blob, MessageChannel, ReadableStream, WebAssembly } = platform;
  const objects: object[] = [];
  if (Blob !== undefined) objects.push(new Blob(['text']));
  if (MessageChannel !== undefined) objects.push(new MessageChannel().port1);
  if (ReadableStream !== undefined) objects.push(new ReadableStream());
  if (WebAssembly !== undefined) objects.push(new WebAssembly.Module(emptyModule));
  return objects.flatMap((object) => [object, { nested: [object] }, new Error('outer', { cause: object })]);
}

/**
 * Returns objects that throw when they are read, and proxies, which may return a different value at each
 * read.
 */
function untouchable(): readonly unknown[] {
  const fail = (): never => {
    throw new TypeError('do not touch');
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throwingAt = (name: string): object =>
    Object.defineProperty({}, name, { get: fail, enumerable: true });
  const throwing = new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail });
  const late = new Proxy({}, { getPrototypeOf: fail });
  const accessors = ['then', 'other'].map(throwingAt);
  const proxies = [proxy, throwing, late, new Proxy({ a: 1 }, {}), new Proxy([1], {})];
  return [...accessors, ...proxies].flatMap((value) => [value, { nested: [value] }]);
}

/**
 * Returns values that contain shared memory, at several depths. Returns none in a web page that is not
 * cross-origin isolated, because it has no `SharedArrayBuffer`.
 */
function sharedMemory(): readonly unknown[] {
  if (typeof SharedArrayBuffer === 'undefined') return [];
  const buffer = new SharedArrayBuffer(8);
  const bytes = new Uint8Array(buffer);
  const cyclic: { self?: unknown; bytes: unknown[] } = { bytes: [1, bytes] };
  cyclic.self = cyclic;
  const deep: { within: unknown } = { within: bytes };
  let outermost = deep;
  for (let depth = 0; depth < 200; depth++) outermost = { within: outermost };
  return [
    buffer,
    bytes,
    new DataView(buffer, 2),
    { nested: { bytes } },
    [-0, bytes],
    [Array.from({ length: 2_000 }, (_, index) => ({ index })), bytes],
    new Map([[bytes, 1]]),
    new Map([[1, bytes]]),
    new Set([buffer]),
    ...Object.values(NESTINGS).flatMap((nest) => [nest(buffer), nest(bytes), [nest(nest(bytes))]]),
    cyclic,
    outermost,
  ];
}

export const refusedValues: StoreCases = {
  'a value that cannot be stored is refused and changes nothing': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const value of REFUSED) {
      await assertRejects(tx.put('k', value), 'INVALID_VALUE');
      await assertRejects(store.put('new', value), 'INVALID_VALUE');
    }
    assertEqual(await tx.get('k'), 'before', 'in the transaction');
    await tx.put('l', 1);
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), ['k', 'l'], 'the entries afterwards');
    assertEqual(await store.get('k'), 'before', 'the earlier value');
  },

  'a value with more than 500 levels is refused, and the error names its depth and the limit': async (
    store,
  ) => {
    const tx = await store.begin();
    for (const nest of Object.values(NESTINGS)) {
      for (const levels of [501, 5_000]) {
        const value = nested(levels, nest);
        for (const putting of [
          () => store.put('k', value),
          () => store.putMany([['k', { value }]]),
          () => tx.put('k', value),
        ]) {
          const { message } = await assertRejects(putting(), 'INVALID_VALUE');
          assert(new RegExp(`\\b(${levels}|${levels + 1})\\b`).test(message), `the depth is in: ${message}`);
          assert(/\b500\b/.test(message), `the limit is in: ${message}`);
        }
      }
    }
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), [], 'the entries afterwards');
  },

  'a putMany with one value that cannot be stored puts nothing': async (store) => {
    const tx = await store.begin();
    await tx.put('a', 'before');
    for (const value of REFUSED) {
      const entries: [string, unknown][] = [
        ['a', 1],
        ['b', value],
        ['c', 3],
      ];
      await assertRejects(tx.putMany(entries), 'INVALID_VALUE');
      await assertRejects(store.putMany(entries.slice(1)), 'INVALID_VALUE');
    }
    assertEqual(await tx.getMany(['a', 'b', 'c']), ['before', undefined, undefined], 'in the transaction');
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), ['a'], 'the entries afterwards');
  },

  'a putMany whose iterable throws puts nothing': async (store) => {
    function* broken(): Iterable<[string, unknown]> {
      yield ['a', 1];
      throw new RangeError('the iterable broke');
    }
    const tx = await store.begin();
    const failure = await tx.putMany(broken()).then(
      () => undefined,
      (error: unknown) => error,
    );
    assertEqual(failure instanceof Error, true, 'it fails');
    assertEqual(await tx.has('a'), false, 'has');
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), [], 'the entries afterwards');
  },
};
