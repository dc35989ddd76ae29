import { assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import { KEY_OPERATIONS, ONE_SHOTS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

export const closing: StoreCases = {
  'a closed store rejects every operation with STORE_CLOSED': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 1);
    await store.close();
    for (const operation of Object.values(KEY_OPERATIONS))
      await assertRejects(operation(tx, 'k'), 'STORE_CLOSED');
    await assertRejects(collect(tx.entries()), 'STORE_CLOSED');
    await assertRejects(tx.commit(), 'STORE_CLOSED');
    await tx.rollback();
    assertEqual(tx.status, 'aborted', 'status');
    for (const operation of Object.values(ONE_SHOTS))
      await assertRejects(operation(store, 'k'), 'STORE_CLOSED');
    await assertRejects(collect(store.entries()), 'STORE_CLOSED');
    await assertRejects(store.begin(), 'STORE_CLOSED');
    await assertRejects(store.begin({ readOnly: true }), 'STORE_CLOSED');
    let runs = 0;
    await assertRejects(
      store.transaction(() => runs++),
      'STORE_CLOSED',
    );
    assertEqual(runs, 0, 'runs of the work');
  },

  'closing rejects every waiting operation': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 1);
    const [first, second] = [await store.begin(), await store.begin()];
    const snapshot = await store.begin({ readOnly: true });
    const waiting = [
      first.get('k'),
      first.get('behind'),
      collect(second.entries()),
      store.put('k', 2),
      store.transaction((tx) => tx.getForUpdate('k')),
    ].map((promise) => watch<unknown>(promise));
    for (const watched of waiting) await assertWaits(watched, store, 'the operation');
    await store.close();
    for (const { promise } of waiting) await assertRejects(promise, 'STORE_CLOSED');
    await assertRejects(snapshot.get('k'), 'STORE_CLOSED');
  },

  'closing a store twice has the same effect as closing it once': async (store) => {
    await Promise.all([store.close(), store.close()]);
    await store.close();
    await store[Symbol.asyncDispose]();
  },

  'closing with a drainTimeout waits for open transactions to end': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 1);
    const closing = watch(store.close({ drainTimeout: 60_000 }));
    await assertRejects(store.begin(), 'STORE_CLOSED');
    await tx.put('l', 1);
    assertEqual(closing.settled, false, 'it waits for the transaction');
    await tx.commit();
    assertEqual(tx.status, 'committed', 'status');
    await closing.promise;
  },
};
