import { assertEqual, assertRejects } from '../../assert.ts';
import { OPERATIONS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

export const endings: StoreCases = {
  'a committed transaction rejects every operation with TRANSACTION_CLOSED': async (store) => {
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    const scan = tx.entries();
    await tx.put('k', 1);
    await tx.commit();
    assertEqual(tx.status, 'committed', 'status');
    for (const operation of Object.values(OPERATIONS))
      await assertRejects(operation(tx, 'k'), 'TRANSACTION_CLOSED');
    await assertRejects(tx.rollbackTo(savepoint), 'TRANSACTION_CLOSED');
    await assertRejects(scan.next(), 'TRANSACTION_CLOSED');
    assertEqual(await store.get('k'), 1, 'the committed value');
  },

  'a rolled back transaction rejects every operation with TRANSACTION_ABORTED': async (store) => {
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    await tx.put('k', 1);
    await tx.rollback();
    assertEqual(tx.status, 'aborted', 'status');
    for (const operation of Object.values(OPERATIONS))
      await assertRejects(operation(tx, 'k'), 'TRANSACTION_ABORTED');
    await assertRejects(tx.rollbackTo(savepoint), 'TRANSACTION_ABORTED');
    assertEqual(await store.get('k'), undefined, 'nothing was committed');
  },

  'rollback rejects the waiting operations': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    const waiting = [tx.put('k', 1), tx.get('free'), tx.commit()].map((promise) => watch(promise));
    await assertWaits(waiting[0] ?? watch(Promise.resolve()), store, 'the put');
    await tx.rollback();
    for (const { promise } of waiting) await assertRejects(promise, 'TRANSACTION_ABORTED');
    await holder.commit();
    assertEqual(await store.get('k'), 'held', 'in the end');
  },

  'rollback of an ended transaction has no effect and never fails': async (store) => {
    const committed = await store.begin();
    await committed.put('k', 1);
    await committed.commit();
    await committed.rollback();
    await committed[Symbol.asyncDispose]();
    assertEqual(committed.status, 'committed', 'status after a commit');
    assertEqual(await store.get('k'), 1, 'the committed value');

    const rolledBack = await store.begin();
    await Promise.all([rolledBack.rollback(), rolledBack.rollback()]);
    await rolledBack.rollback();
    assertEqual(rolledBack.status, 'aborted', 'status after a rollback');
  },

  'disposing of an open transaction rolls it back': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 1);
    await tx[Symbol.asyncDispose]();
    assertEqual(tx.status, 'aborted', 'status');
    await (await store.begin({ lockTimeout: 0 })).put('k', 'its locks are released');
    assertEqual(await store.get('k'), undefined, 'nothing was committed');
  },

  'a transaction without writes can commit': async (store) => {
    const idle = await store.begin();
    await idle.commit();
    assertEqual(idle.status, 'committed', 'status');
    const reader = await store.begin();
    await reader.get('k');
    await reader.commit();
    await (await store.begin({ lockTimeout: 0 })).put('k', 'its locks are released');
  },
};
