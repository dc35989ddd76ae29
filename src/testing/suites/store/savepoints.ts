import { assertEqual, assertRejects } from '../../assert.ts';
import { beginSnapshot } from './begin-snapshot.ts';
import { collect } from './collect.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

export const savepoints: StoreCases = {
  'rollbackTo undoes exactly the writes since the savepoint': async (store) => {
    await store.putMany([
      ['committed', 1],
      ['deleted before', 1],
      ['deleted since', 1],
    ]);
    const tx = await store.begin();
    await tx.put('put before', 1);
    await tx.del('deleted before');
    const savepoint = await tx.savepoint();
    assertEqual(savepoint.transactionId, tx.id, 'transactionId');
    await tx.put('committed', 2);
    await tx.put('put before', 2);
    await tx.put('put since', 2);
    await tx.put('deleted before', 2);
    await tx.del('deleted since');
    await tx.rollbackTo(savepoint);
    const expected = [
      ['committed', 1],
      ['deleted since', 1],
      ['put before', 1],
    ];
    assertEqual(await collect(tx.entries()), expected, 'in the transaction');
    assertEqual(await tx.get('put since'), undefined, 'get of a key put since the savepoint');
    await tx.commit();
    assertEqual(await collect(store.entries()), expected, 'after the commit');
  },

  'a transaction can roll back to a savepoint several times and continue': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 1);
    const savepoint = await tx.savepoint();
    for (let round = 2; round < 5; round++) {
      await tx.put('k', round);
      await tx.del('k');
      await tx.rollbackTo(savepoint);
      assertEqual(await tx.get('k'), 1, 'get');
    }
    await tx.put('l', 1);
    await tx.commit();
    assertEqual(await store.getMany(['k', 'l']), [1, 1], 'after the commit');
  },

  'savepoints nest': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 0);
    const outer = await tx.savepoint();
    await tx.put('k', 1);
    const inner = await tx.savepoint();
    await tx.put('k', 2);
    await tx.rollbackTo(inner);
    assertEqual(await tx.get('k'), 1, 'after the inner one');
    await tx.put('k', 3);
    await tx.rollbackTo(outer);
    assertEqual(await tx.get('k'), 0, 'after the outer one');
    await tx.commit();
    assertEqual(await store.get('k'), 0, 'after the commit');
  },

  'rollbackTo invalidates the savepoints set since': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 0);
    const outer = await tx.savepoint();
    await tx.put('k', 1);
    const inner = await tx.savepoint();
    await tx.rollbackTo(outer);
    await tx.put('k', 2);
    await assertRejects(tx.rollbackTo(inner), 'INVALID_OPTION');
    assertEqual(await tx.get('k'), 2, 'nothing is undone');
    await tx.commit();
  },

  'rollbackTo refuses the savepoint of another transaction': async (store) => {
    const other = await store.begin();
    const savepoint = await other.savepoint();
    const tx = await store.begin();
    await tx.put('k', 1);
    await assertRejects(tx.rollbackTo(savepoint), 'INVALID_OPTION');
    assertEqual(await tx.get('k'), 1, 'nothing is undone');
    await tx.commit();
    assertEqual(await store.get('k'), 1, 'after the commit');
  },

  'rollbackTo cancels the operations begun since': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    await tx.put('a', 1);
    const savepoint = await tx.savepoint();
    const waiting = watch(tx.put('k', 1));
    const behind = watch(tx.put('b', 1));
    await assertWaits(waiting, store, 'the put');
    await tx.rollbackTo(savepoint);
    await assertRejects(waiting.promise, 'ABORTED');
    await assertRejects(behind.promise, 'ABORTED');
    assertEqual(tx.status, 'active', 'status');
    await tx.put('c', 1);
    await tx.commit();
    assertEqual(await store.getMany(['a', 'b', 'c', 'k']), [1, undefined, 1, undefined], 'after the commit');
    await holder.rollback();
    await (await store.begin({ lockTimeout: 0 })).put('k', 'free');
  },

  'a scan that continues after rollbackTo does not see the undone writes': async (store) => {
    await store.putMany(['a', 'c', 'e'].map((key) => [key, 1] as const));
    const tx = await store.begin();
    const scan = tx.entries();
    assertEqual((await scan.next()).value?.[0], 'a', 'the first');
    const savepoint = await tx.savepoint();
    await tx.put('b', 2);
    await tx.put('c', 2);
    await tx.del('e');
    await tx.rollbackTo(savepoint);
    assertEqual(
      await collect(scan),
      [
        ['c', 1],
        ['e', 1],
      ],
      'the rest',
    );
  },

  'rollbackTo does not cancel a scan created before the savepoint, even if it had not begun': async (
    store,
  ) => {
    await store.put('k', 1);
    const tx = await store.begin();
    const scan = tx.entries();
    await tx.rollbackTo(await tx.savepoint());
    assertEqual(await collect(scan), [['k', 1]], 'the rows');
    await tx.commit();
  },

  'rollbackTo keeps the locks': async (store) => {
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    await tx.put('k', 1);
    await tx.rollbackTo(savepoint);
    const other = await store.begin({ lockTimeout: 0 });
    await assertRejects(other.get('k'), 'LOCK_UNAVAILABLE');
    await tx.commit();
    assertEqual(await other.get('k'), undefined, 'after the commit');
  },

  'calls of savepoint and rollbackTo need not be awaited': async (store) => {
    const tx = await store.begin();
    const first = tx.put('k', 1);
    const setting = tx.savepoint();
    const second = tx.put('k', 2);
    await Promise.all([first, second]);
    const undoing = tx.rollbackTo(await setting);
    const reading = tx.get('k');
    await undoing;
    assertEqual(await reading, 1, 'get');
  },

  'a snapshot supports savepoints, although it has nothing to undo': async (store) => {
    await store.put('k', 1);
    const tx = await beginSnapshot(store);
    const savepoint = await tx.savepoint();
    assertEqual(savepoint.transactionId, tx.id, 'transactionId');
    await store.put('k', 2);
    await tx.rollbackTo(savepoint);
    assertEqual(await tx.get('k'), 1, 'after going back');
    const other = await beginSnapshot(store);
    await assertRejects(tx.rollbackTo(await other.savepoint()), 'INVALID_OPTION');
    assertEqual(await tx.get('k'), 1, 'after a refusal');
    await tx.commit();
    await assertRejects(tx.savepoint(), 'TRANSACTION_CLOSED');
    await assertRejects(tx.rollbackTo(savepoint), 'TRANSACTION_CLOSED');
  },
};
