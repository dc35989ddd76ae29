import { MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { openStore } from '../open-store.ts';

describe('clone: false', () => {
  it('returns the same reference that was put', async () => {
    const { store } = openStore({ clone: false });
    const value = { n: 1 };
    const tx = await store.begin();
    await tx.put('k', value);
    expect(await tx.get('k')).toBe(value);
    await tx.commit();
    expect(await store.get('k')).toBe(value);
    expect((await collect(store.entries()))[0]?.[1]).toBe(value);
  });

  it('still refuses undefined', async () => {
    const { store } = openStore({ clone: false });
    await assertRejects(store.put('k', undefined), 'INVALID_VALUE');
  });
});

describe('a clone function of the user', () => {
  it('is called once for each put and once for each read, and never for primitives', async () => {
    const cloned: unknown[] = [];
    const { store } = openStore({
      clone: <T>(value: T): T => {
        cloned.push(value);
        return structuredClone(value);
      },
    });
    await store.put('k', { n: 1 });
    expect(cloned).toHaveLength(1);
    const [first, second] = [await store.get('k'), await store.get('k')];
    expect(first).toEqual({ n: 1 });
    expect(first).not.toBe(second);
    expect(cloned).toHaveLength(3);
    for (const primitive of [1, 'text', true, null, 5n]) await store.put('p', primitive);
    await store.get('p');
    expect(cloned).toHaveLength(3);
  });

  it('can refuse a value by throwing', async () => {
    const { store } = openStore({
      clone: () => {
        throw new TypeError('not for me');
      },
    });
    await assertRejects(store.put('k', {}), 'INVALID_VALUE');
    expect(await store.has('k')).toBe(false);
    await store.put('k', 1);
  });
});

describe('a value that cannot be stored', () => {
  const messageOf = async (value: unknown, clone?: false): Promise<unknown> => {
    const { store } = openStore(clone === undefined ? {} : { clone });
    return assertRejects(store.put('k', value), 'INVALID_VALUE');
  };

  it.each([undefined, false] as const)('is refused with the reason (clone: %s)', async (clone) => {
    const reasons: [unknown, string][] = [
      [undefined, 'undefined means that there is no entry; use del to delete an entry'],
      [() => 1, 'it is a function'],
      [Symbol('s'), 'it is a symbol'],
      [Promise.resolve(1), 'it has a method named then, like a promise; perhaps an await is missing'],
    ];
    for (const [value, reason] of reasons) {
      const error = (await messageOf(value, clone)) as Error;
      expect(error.message).toBe(`This value cannot be stored: ${reason}.`);
      expect('cause' in error).toBe(false);
    }
  });

  it('is refused with the error of the clone function as the cause', async () => {
    const error = (await messageOf({ method: () => 1 })) as Error;
    expect(error.message).toMatch(/^This value cannot be stored: .*[^.]\.$/);
    expect(error.cause).toBeInstanceOf(DOMException);
    const { store } = openStore({
      clone: () => {
        throw 'not an error';
      },
    });
    const other = await assertRejects(store.put('k', {}), 'INVALID_VALUE');
    expect(other).toMatchObject({
      message: 'This value cannot be stored: it cannot be cloned.',
      cause: 'not an error',
    });
  });

  it('does not include an object whose then property is not a function', async () => {
    for (const clone of [undefined, false] as const) {
      const { store } = openStore(clone === undefined ? {} : { clone });
      const value = Object.fromEntries([['then', 5]]);
      await store.put('k', value);
      expect(await store.get('k')).toEqual(value);
    }
  });
});

it('copies the values that showAll returns', async () => {
  const { store } = openStore();
  await store.put('k', { list: [1] });
  for await (const [, { value }] of store.showAll()) (value as { list: number[] }).list.push(2);
  expect(await store.get('k')).toEqual({ list: [1] });
});

it('copies the values that a transaction has read, so that another one cannot change them', async () => {
  const { store } = openStore();
  await store.put('k', { n: 1 });
  const snapshot = await store.begin({ readOnly: true });
  await store.transaction(async (tx) => {
    const value = (await tx.getForUpdate('k')) as { n: number };
    value.n = 2;
    await tx.put('k', value);
    value.n = 3;
  });
  expect(await snapshot.get('k')).toEqual({ n: 1 });
  expect(await store.get('k')).toEqual({ n: 2 });
});

it('keeps regular expressions and errors', async () => {
  const { store } = openStore();
  await store.put('expression', /a+/gi);
  await store.put('error', new RangeError('too far'));
  expect(await store.get('expression')).toEqual(/a+/gi);
  const error = await store.get('error');
  expect(error).toBeInstanceOf(RangeError);
  expect((error as Error).message).toBe('too far');
});

it('keeps views of one buffer independent of the original', async () => {
  const { store } = openStore();
  const bytes = new Uint8Array([1, 2, 3, 4]);
  await store.put('view', bytes.subarray(1, 3));
  bytes.fill(9);
  expect(await store.get('view')).toEqual(new Uint8Array([2, 3]));
  const read = (await store.get('view')) as Uint8Array;
  read.fill(7);
  expect(await store.get('view')).toEqual(new Uint8Array([2, 3]));
});

it('refuses a clone option that is neither false nor a function', () => {
  expect(() => new MemStore({ clone: 'deep' as unknown as false })).toThrowError(
    expect.objectContaining({ code: 'INVALID_OPTION' }),
  );
});
