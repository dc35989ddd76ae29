import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openStore } from '../open-store.ts';

/** Storable values of every kind, nested in each other. */
const storable = fc
  .anything({
    maxDepth: 4,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  })
  .filter((value) => value !== undefined);

// The structured clone of the platform defines the expected value.
it('a stored value equals its structuredClone, before and after the commit', async () => {
  await fc.assert(
    fc.asyncProperty(storable, async (value) => {
      const expected = structuredClone(value);
      const { store } = openStore();
      const tx = await store.begin();
      await tx.put('k', value);
      const own = await tx.get('k');
      await tx.commit();
      const committed = await store.get('k');
      await store.close();
      expect(own).toStrictEqual(expected);
      expect(committed).toStrictEqual(expected);
    }),
    { numRuns: 300, seed: 20_260_101 },
  );
});

it('holes of a sparse array stay holes', async () => {
  const { store } = openStore();
  const sparse: number[] = [];
  sparse[2] = 1;
  await store.put('k', sparse);
  const read = (await store.get('k')) as number[];
  expect([read.length, 0 in read, 2 in read]).toEqual([3, false, true]);
});

it('an error that was read is a copy, too', async () => {
  const { store } = openStore();
  await store.put('k', new RangeError('too far', { cause: { step: 1 } }));
  const read = (await store.get('k')) as RangeError & { cause: { step: number } };
  read.message = 'changed';
  read.cause.step = 2;
  expect(await store.get('k')).toEqual(new RangeError('too far'));
  expect(((await store.get('k')) as RangeError).cause).toEqual({ step: 1 });
});

it('shared references within a value are kept, and nothing is shared with the caller', async () => {
  const { store } = openStore();
  const shared = { bytes: new Uint8Array([1]) };
  await store.put('k', {
    map: new Map([[shared, shared]]),
    set: new Set([shared]),
    list: [shared, shared.bytes],
  });
  const read = (await store.get('k')) as {
    map: Map<typeof shared, typeof shared>;
    set: Set<typeof shared>;
    list: [typeof shared, Uint8Array];
  };
  const [one, bytes] = read.list;
  expect(one).not.toBe(shared);
  expect(bytes).toBe(one.bytes);
  expect(read.map.get(one)).toBe(one);
  expect(read.set.has(one)).toBe(true);
});
