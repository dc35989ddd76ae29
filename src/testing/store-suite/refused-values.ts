import { assertEqual, assertRejects } from '../assert.ts';
import { collectKeys } from './collect.ts';
import type { StoreCases } from './store-case.ts';

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
];

/** Memory that other threads may change, at every depth; a page that is not isolated has none. */
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
    cyclic,
    outermost,
  ];
}

export const refusedValues: StoreCases = {
  'what cannot be stored is refused, and changes nothing': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const value of REFUSED) {
      await assertRejects(tx.put('k', value), 'INVALID_VALUE');
      await assertRejects(store.put('new', value), 'INVALID_VALUE');
    }
    assertEqual(await tx.get('k'), 'before', 'in the transaction');
    await tx.put('l', 1);
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), ['k', 'l'], 'what is there afterwards');
    assertEqual(await store.get('k'), 'before', 'the value from before');
  },

  'a putMany with one value that cannot be stored puts none': async (store) => {
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
    assertEqual(await collectKeys(store.entries()), ['a'], 'what is there afterwards');
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
    assertEqual(await collectKeys(store.entries()), [], 'what is there afterwards');
  },
};
