import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { type AnyMemStore, type OpenStore, openStore } from '../open-store.ts';

// A scan looks up rows in batches. Changes between two rows must have the same effect as if each row were
// looked up when it is requested.

const KEYS = Array.from({ length: 40 }, (_, number) => `k${String(number).padStart(2, '0')}`);

async function openFilled(): Promise<OpenStore> {
  const open = openStore();
  await open.store.putMany(KEYS.map((key) => [key, 0] as const));
  return open;
}

/** Reads one row, runs the work, and reads the other rows. */
async function rowsAround(
  rows: AsyncIterableIterator<[key: string, value: unknown]>,
  between: () => Promise<unknown>,
): Promise<[key: string, value: unknown][]> {
  const first = await rows.next();
  if (first.done) throw new Error('The scan yielded no row.');
  await between();
  return [first.value, ...(await collect(rows))];
}

const changes = (store: AnyMemStore) => async (): Promise<void> => {
  await store.put('k01x', 1);
  await store.put('k02', 1);
  await store.del('k03');
};

const original = KEYS.map((key) => [key, 0]);
const changed = [['k00', 0], ['k01', 0], ['k01x', 1], ['k02', 1], ...KEYS.slice(4).map((key) => [key, 0])];

describe('a commit of another transaction between two rows', () => {
  it('is visible in a scan with a limit if it is beyond the locked range', async () => {
    const { store } = await openFilled();
    const tx = await store.begin();
    expect(await rowsAround(tx.entries({ limit: 40 }), changes(store))).toEqual(changed);
    await tx.commit();
  });

  it('is visible in a scan for update, which locks row by row', async () => {
    const { store } = await openFilled();
    const tx = await store.begin();
    expect(await rowsAround(tx.entries({ forUpdate: true }), changes(store))).toEqual(changed);
    await tx.commit();
  });

  it('is visible in a scan with skipLocked, and rows that were locked meanwhile are skipped', async () => {
    const { store } = await openFilled();
    const [tx, other] = [await store.begin(), await store.begin()];
    const rows = tx.entries({ forUpdate: true, skipLocked: true });
    const found = await rowsAround(rows, async () => {
      await changes(store)();
      await other.put('k10', 2);
    });
    expect(found).toEqual(changed.filter(([key]) => key !== 'k10'));
    await Promise.all([tx.commit(), other.rollback()]);
  });

  it('is not visible in a snapshot, nor in a one-shot scan', async () => {
    for (const rowsOf of [
      async ({ store }: OpenStore) => (await store.begin({ readOnly: true })).entries(),
      async ({ store }: OpenStore) => store.entries(),
    ]) {
      const open = await openFilled();
      expect(await rowsAround(await rowsOf(open), changes(open.store))).toEqual(original);
    }
  });
});

describe('a write of the same transaction between two rows', () => {
  for (const range of [{}, { limit: 40 }, { forUpdate: true }]) {
    it(`is visible ahead of the scan ${JSON.stringify(range)}, until it is undone`, async () => {
      const { store } = await openFilled();
      const tx = await store.begin();
      const rows = tx.entries(range);
      const written = await rowsAround(rows, async () => {
        await tx.put('k', 1);
        await tx.put('k01x', 1);
        await tx.put('k02', 1);
        await tx.del('k03');
      });
      expect(written).toEqual(changed);
      await tx.rollback();

      const undoing = await store.begin();
      const undone = undoing.entries(range);
      await undone.next();
      const savepoint = await undoing.savepoint();
      await undoing.put('k02x', 1);
      await undone.next();
      await undoing.rollbackTo(savepoint);
      expect(await collect(undone)).toEqual(original.slice(2));
      await undoing.rollback();
    });
  }

  it('yields no key twice if a key that was already read is written again', async () => {
    const { store } = openStore();
    await store.putMany([
      ['a', 0],
      ['c', 1],
      ['e', 2],
    ]);
    const tx = await store.begin();
    const seen: [string, unknown][] = [];
    for await (const [key, value] of tx.entries()) {
      seen.push([key, value]);
      if (key === 'a') await tx.put('b', 10);
      if (key === 'c')
        await tx.putMany([
          ['a', 11],
          ['e', 12],
        ]);
      if (key === 'b') await tx.put('c', 13);
    }
    expect(seen).toEqual([
      ['a', 0],
      ['b', 10],
      ['c', 13],
      ['e', 12],
    ]);
  });
});

it('an entry that expires before its row is locked is not a row, even if it has not been removed yet', async () => {
  for (const range of [{ forUpdate: true }, { limit: 3 }]) {
    const { store, clock } = openStore();
    for (const key of ['a', 'b', 'c']) await store.put(key, 0, key === 'b' ? { ttl: 10 } : {});
    const tx = await store.begin();
    const dueMs = clock.epochMs() + 10;
    // The deadline has passed, and no timer has fired yet.
    const found = await rowsAround(tx.entries(range), async () => {
      clock.epochMs = () => dueMs;
    });
    expect(found.map(([key]) => key)).toEqual(['a', 'c']);
    await tx.rollback();
  }
});

describe('calls of next() without an await in between', () => {
  it('return the rows in order, and then the end any number of times', async () => {
    for (const rows of [
      (store: AnyMemStore) => store.entries({ lt: 'k03' }),
      async (store: AnyMemStore) => (await store.begin()).entries({ lt: 'k03' }),
      async (store: AnyMemStore) => (await store.begin({ readOnly: true })).entries({ lt: 'k03' }),
    ]) {
      const { store } = await openFilled();
      // The first call must wait for the index.
      const iterator = await rows(store);
      const results = await Promise.all(Array.from({ length: 5 }, () => iterator.next()));
      expect(results.map(({ value }) => value?.[0])).toEqual(['k00', 'k01', 'k02', undefined, undefined]);
      expect(results.map(({ done }) => done)).toEqual([false, false, false, true, true]);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
    }
  });

  it('stay in order if the index is ready before earlier calls have resolved', async () => {
    for (const rows of [
      (store: AnyMemStore) => store.entries(),
      async (store: AnyMemStore) => (await store.begin({ readOnly: true })).entries(),
    ]) {
      const { store } = await openFilled();
      const iterator = await rows(store);
      const results: ReturnType<typeof iterator.next>[] = [];
      for (let count = 0; count < KEYS.length; count++) {
        results.push(iterator.next());
        await null;
      }
      expect((await Promise.all(results)).map(({ value }) => value?.[0])).toEqual(KEYS);
    }
  });

  it('leave no snapshot open after a one-shot scan', async () => {
    const { store } = await openFilled();
    const left = store.entries();
    const pending = [left.next(), left.next(), left.return?.()];
    await Promise.allSettled(pending);
    expect(await left.next()).toEqual({ done: true, value: undefined });
    for await (const _ of store.entries()) break;
    await collect(store.entries());
    await expect(collect(store.entries({ limit: -1 }))).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(store.stats().activeSnapshots).toBe(0);
  });

  it('return each row once in entries() and showAll() of the store', async () => {
    const { store } = openStore();
    for (const key of ['a', 'b']) await store.put(key, 0);
    for (const rows of [store.entries(), store.showAll()]) {
      const results = await Promise.all([rows.next(), rows.next(), rows.next()]);
      expect(results.map(({ done, value }) => (done ? 'end' : value[0]))).toEqual(['a', 'b', 'end']);
    }
  });
});

it('rollbackTo cancels a scan that began right after the savepoint', async () => {
  const { store } = await openFilled();
  const tx = await store.begin();
  const savepoint = await tx.savepoint();
  const rows = tx.entries();
  await rows.next();
  await tx.rollbackTo(savepoint);
  await assertRejects(rows.next(), 'ABORTED');
});

it('next() returns the same row again after the cloner failed to copy it', async () => {
  let fails = false;
  const clone = <T>(value: T): T => {
    if (fails) throw new Error('not now');
    return structuredClone(value);
  };
  const { store } = openStore({ clone });
  await store.putMany([
    ['a', {}],
    ['b', {}],
  ]);
  const tx = await store.begin();
  const snapshot = await store.begin({ readOnly: true });
  for (const rows of [tx.entries(), tx.entries({ forUpdate: true }), snapshot.entries()]) {
    fails = true;
    await expect(rows.next()).rejects.toThrow('not now');
    fails = false;
    expect((await rows.next()).value?.[0]).toBe('a');
  }
});

it('a rollback in the middle of a loop ends the loop', async () => {
  const { store } = openStore();
  await store.putMany([
    ['a', 1],
    ['b', 1],
  ]);
  const tx = await store.begin();
  const seen: string[] = [];
  const loop = (async () => {
    for await (const [key] of tx.entries()) {
      seen.push(key);
      await tx.rollback();
    }
  })();
  await assertRejects(loop, 'TRANSACTION_ABORTED');
  expect(seen).toEqual(['a']);
});
