import { assertEqual, assertRejects } from '../../assert.ts';
import { collect, collectKeys } from './collect.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const NOWAIT = { lockTimeout: 0 };

async function fill(store: AnyStore): Promise<void> {
  await store.putMany(['b', 'd', 'f', 'h'].map((key) => [key, 1] as const));
}

export const rangeLocking: StoreCases = {
  'a scanned range has no phantoms': async (store) => {
    await fill(store);
    const scanner = await store.begin();
    assertEqual(
      await collectKeys(scanner.entries({ gte: 'b', lte: 'f' })),
      ['b', 'd', 'f'],
      'the first scan',
    );
    const inserter = await store.begin();
    const inserting = watch(inserter.put('c', 2));
    const deleter = await store.begin();
    const deleting = watch(deleter.del('d'));
    await assertWaits(inserting, store, 'an insert into the range');
    await assertWaits(deleting, store, 'a delete in the range');
    assertEqual(
      await collectKeys(scanner.entries({ gte: 'b', lte: 'f' })),
      ['b', 'd', 'f'],
      'the second scan',
    );
    await scanner.commit();
    await Promise.all([inserting.promise, deleting.promise]);
    await Promise.all([inserter.commit(), deleter.commit()]);
    assertEqual(await collectKeys(store.entries()), ['b', 'c', 'f', 'h'], 'in the end');
  },

  'a scanned range without entries stays empty': async (store) => {
    await fill(store);
    const scanner = await store.begin();
    assertEqual(await collectKeys(scanner.entries({ prefix: 'x' })), [], 'the scan');
    const other = await store.begin();
    await assertRejects(other.put('x1', 1, NOWAIT), 'LOCK_UNAVAILABLE');
    await assertRejects(other.del('x1', NOWAIT), 'LOCK_UNAVAILABLE');
    await assertRejects(other.getForUpdate('x1', NOWAIT), 'LOCK_UNAVAILABLE');
  },

  'a scan waits for a write in its range and reads the committed value': async (store) => {
    await fill(store);
    const writer = await store.begin();
    await writer.put('c', 2);
    const deleter = await store.begin();
    await deleter.del('f');
    const scanner = await store.begin();
    const scanning = watch(collectKeys(scanner.entries()));
    await assertWaits(scanning, store, 'the scan');
    await writer.commit();
    await assertWaits(scanning, store, 'the scan');
    await deleter.rollback();
    assertEqual(await scanning.promise, ['b', 'c', 'd', 'f', 'h'], 'the result');
  },

  'writes outside a scanned range do not wait': async (store) => {
    await fill(store);
    const scanner = await store.begin();
    await collect(scanner.entries({ gt: 'b', lt: 'f' }));
    const writer = await store.begin(NOWAIT);
    for (const key of ['a', 'b', 'f', 'g']) await writer.put(key, 2);
    await assertRejects(writer.put('b\0', 2), 'LOCK_UNAVAILABLE');
    await assertRejects(writer.put('d', 2), 'LOCK_UNAVAILABLE');
    await writer.commit();
  },

  'a scan does not wait for writes outside its range': async (store) => {
    await fill(store);
    const writer = await store.begin();
    for (const key of ['a', 'f', 'g']) await writer.put(key, 2);
    const scanner = await store.begin(NOWAIT);
    assertEqual(await collectKeys(scanner.entries({ gte: 'b', lt: 'f' })), ['b', 'd'], 'the result');
  },

  'a limited scan locks the range it has read': async (store) => {
    await fill(store);
    const scanner = await store.begin();
    assertEqual(await collectKeys(scanner.entries({ limit: 2 })), ['b', 'd'], 'the scan');
    const other = await store.begin(NOWAIT);
    for (const key of ['a', 'b', 'c', 'd']) await assertRejects(other.put(key, 2), 'LOCK_UNAVAILABLE');
  },

  'a limited scan does not lock the range it has not read': async (store) => {
    await fill(store);
    const up = await store.begin();
    assertEqual(await collectKeys(up.entries({ limit: 1 })), ['b'], 'upwards');
    const down = await store.begin();
    assertEqual(await collectKeys(down.entries({ limit: 1, reverse: true })), ['h'], 'downwards');
    const other = await store.begin(NOWAIT);
    for (const key of ['c', 'd', 'e', 'f', 'g']) await other.put(key, 2);
    for (const key of ['a', 'b', 'h', 'i']) await assertRejects(other.put(key, 2), 'LOCK_UNAVAILABLE');
    await other.commit();
  },

  'a scan for update locks its rows and the gaps between them': async (store) => {
    await fill(store);
    const scanner = await store.begin();
    assertEqual(
      await collectKeys(scanner.entries({ gte: 'b', lte: 'd', forUpdate: true })),
      ['b', 'd'],
      'the scan',
    );
    const other = await store.begin(NOWAIT);
    await assertRejects(other.get('b'), 'LOCK_UNAVAILABLE');
    await assertRejects(other.get('d'), 'LOCK_UNAVAILABLE');
    await assertRejects(other.put('c', 2), 'LOCK_UNAVAILABLE');
    await assertRejects(collect(other.entries({ lte: 'c' })), 'LOCK_UNAVAILABLE');
  },

  'scans for update of the same rows run one after the other': async (store) => {
    await fill(store);
    const add = (): Promise<void> =>
      store.transaction(
        async (tx) => {
          for await (const [key, value] of tx.entries({ forUpdate: true }))
            await tx.put(key, (value as number) + 1);
        },
        { maxAttempts: 1 },
      );
    await Promise.all([add(), add(), add(), add()]);
    assertEqual(
      await collect(store.entries()),
      ['b', 'd', 'f', 'h'].map((key) => [key, 5]),
      'in the end',
    );
  },

  'a transaction may write into a range it has scanned': async (store) => {
    await fill(store);
    const tx = await store.begin(NOWAIT);
    await collect(tx.entries());
    await tx.put('c', 2);
    await tx.del('d');
    assertEqual(await collectKeys(tx.entries()), ['b', 'c', 'f', 'h'], 'the second scan');
    await tx.commit();
  },
};
