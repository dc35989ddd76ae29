import { assertEqual, assertRejects } from '../../assert.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const ROWS: [string, unknown][] = [
  ['a', 1],
  ['b', { n: 2 }],
  ['c', 3],
  ['d', 4],
];

type Source = Pick<AnyStore, 'entries'>;

/** Returns a transaction, a snapshot and the store itself. */
async function sources(store: AnyStore): Promise<Source[]> {
  await store.putMany(ROWS);
  return [await store.begin(), await store.begin({ readOnly: true }), store] as unknown as Source[];
}

export const toArrays: StoreCases = {
  'toArray() returns all rows of a range': async (store) => {
    for (const source of await sources(store)) {
      assertEqual(await source.entries().toArray(), ROWS, 'everything');
      assertEqual(await source.entries({ gt: 'a', lt: 'd' }).toArray(), ROWS.slice(1, 3), 'a part');
      assertEqual(await source.entries({ reverse: true }).toArray(), ROWS.toReversed(), 'in reverse');
      assertEqual(await source.entries({ limit: 2 }).toArray(), ROWS.slice(0, 2), 'with a limit');
      assertEqual(await source.entries({ limit: 0 }).toArray(), [], 'with a limit of 0');
      assertEqual(await source.entries({ prefix: 'x' }).toArray(), [], 'of an empty range');
    }
  },

  'toArray() after next() returns the remaining rows and ends the scan': async (store) => {
    for (const source of await sources(store)) {
      for (const limit of [undefined, 3]) {
        const scan = source.entries({ limit });
        assertEqual((await scan.next()).value, ROWS[0], 'the first row');
        assertEqual(await scan.toArray(), ROWS.slice(1, limit), 'the rest');
        assertEqual(await scan.next(), { done: true, value: undefined }, 'next() afterwards');
        assertEqual(await scan.toArray(), [], 'toArray() afterwards');
      }
    }
  },

  'iterator calls take effect in call order, including toArray()': async (store) => {
    for (const source of await sources(store)) {
      const scan = source.entries();
      const [first, rest, after] = await Promise.all([scan.next(), scan.toArray(), scan.next()]);
      assertEqual([first.value, rest, after.done], [ROWS[0], ROWS.slice(1), true], 'next, toArray, next');
      const ended = source.entries();
      const [row, end, none] = await Promise.all([ended.next(), ended.return?.(), ended.toArray()]);
      assertEqual([row.value, end?.done, none], [ROWS[0], true, []], 'next, return, toArray');
      const both = source.entries();
      assertEqual(
        await Promise.all([both.toArray(), both.return?.()]),
        [ROWS, { done: true, value: undefined }],
        'toArray, return',
      );
    }
  },

  'toArray() in a transaction sees its writes so far': async (store) => {
    await store.putMany(ROWS);
    const tx = await store.begin();
    const scan = tx.entries();
    await tx.put('aa', 'new');
    const first = await scan.next();
    await tx.del('b');
    const [rest] = await Promise.all([scan.toArray(), tx.put('cc', 'later')]);
    assertEqual([first.value, ...rest], [ROWS[0], ['aa', 'new'], ROWS[2], ROWS[3]], 'the rows');
    await tx.commit();
  },

  'rows of toArray() are copies': async (store) => {
    for (const source of await sources(store)) {
      for (let time = 0; time < 2; time++) {
        const [[, value] = []] = await source.entries({ gte: 'b', limit: 1 }).toArray();
        assertEqual(value, { n: 2 }, 'the value');
        (value as { n: number }).n = 9;
      }
    }
  },

  'toArray() of a scan for update locks its rows': async (store) => {
    await store.putMany(ROWS);
    const tx = await store.begin();
    assertEqual(await tx.entries({ forUpdate: true, lt: 'c' }).toArray(), ROWS.slice(0, 2), 'the rows');
    const other = await store.begin();
    const skipping = other.entries({ forUpdate: true, skipLocked: true });
    assertEqual(await skipping.toArray(), ROWS.slice(2), 'what is not locked');
    await assertRejects(other.getForUpdate('b', { lockTimeout: 0 }), 'LOCK_UNAVAILABLE');
    await Promise.all([tx.commit(), other.commit()]);
  },

  'a failed toArray() in a transaction does not advance the scan': async (store) => {
    for (const limit of [undefined, 3]) {
      await store.putMany(ROWS);
      const [other, tx] = [await store.begin(), await store.begin()];
      await other.getForUpdate('c');
      const scan = tx.entries({ forUpdate: true, lockTimeout: 0, limit });
      assertEqual((await scan.next()).value, ROWS[0], 'the first row');
      await assertRejects(scan.toArray(), 'LOCK_UNAVAILABLE');
      await other.rollback();
      assertEqual(await scan.toArray(), ROWS.slice(1, limit), 'the rest');
      await tx.rollback();
    }
  },

  'toArray() waits for a writer, and a rollback rejects it': async (store) => {
    await store.putMany(ROWS);
    const [writer, tx] = [await store.begin(), await store.begin()];
    await writer.put('c', 'new');
    const waiting = tx.entries().toArray();
    await assertWaits(watch(waiting), store, 'toArray()');
    const refused = assertRejects(waiting, 'TRANSACTION_ABORTED');
    await tx.rollback();
    await refused;
    await writer.commit();
    assertEqual((await store.entries().toArray())[2], ['c', 'new'], 'afterwards');
  },

  'toArray() refuses invalid options and aborted signals': async (store) => {
    const controller = new AbortController();
    controller.abort();
    for (const source of await sources(store)) {
      await assertRejects(source.entries({ limit: -1 }).toArray(), 'INVALID_OPTION');
      await assertRejects(source.entries({ signal: controller.signal }).toArray(), 'ABORTED');
    }
  },

  'a long toArray() yields every key once': async (store) => {
    const keys = Array.from({ length: 3_000 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 100)
      await store.putMany(keys.slice(at, at + 100).map((key) => [key, key] as const));
    for (const source of [
      store,
      await store.begin(),
      await store.begin({ readOnly: true }),
    ] as unknown as Source[]) {
      const rows = await source.entries().toArray();
      assertEqual(
        rows.map(([key]) => key),
        keys,
        'the keys',
      );
      const some = await source.entries({ reverse: true, limit: 1_500 }).toArray();
      assertEqual(
        some.map(([key]) => key),
        keys.toReversed().slice(0, 1_500),
        'half of them in reverse',
      );
    }
  },
};
