import type { ClearOptions } from '../../../contract/options.ts';
import { assertEqual, assertRejects } from '../../assert.ts';
import { collectKeys } from './collect.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const KEYS = ['a', 'b:1', 'b:2', 'b:3', 'c'];
const ROWS = KEYS.map((key) => [key, key] as const);

export const clearing: StoreCases = {
  'clear deletes the entries of a range and returns their number': async (store) => {
    await store.putMany(ROWS);
    assertEqual(await store.clear({ prefix: 'x' }), 0, 'of an empty range');
    assertEqual(await store.clear({ prefix: 'b:', gt: 'b:1' }), 2, 'of a part');
    assertEqual(await collectKeys(store.entries()), ['a', 'b:1', 'c'], 'the remaining entries');
    assertEqual(await store.clear({ gte: 'b', lte: 'c' }), 2, 'of a part with both bounds');
    assertEqual(await store.clear(), 1, 'of everything');
    assertEqual(await store.clear(), 0, 'of nothing');
  },

  'a clear in a transaction includes its own writes and can be rolled back': async (store) => {
    await store.putMany(ROWS);
    const tx = await store.begin();
    await tx.put('b:4', 4);
    await tx.del('b:1');
    const savepoint = await tx.savepoint();
    assertEqual(await tx.clear({ prefix: 'b:' }), 3, 'how many');
    assertEqual(await collectKeys(tx.entries()), ['a', 'c'], 'in the transaction');
    assertEqual(await collectKeys(store.entries()), KEYS, 'outside it');
    await tx.rollbackTo(savepoint);
    assertEqual(await collectKeys(tx.entries({ prefix: 'b:' })), ['b:2', 'b:3', 'b:4'], 'undone');
    assertEqual(await tx.clear({ prefix: 'b:' }), 3, 'again');
    await tx.put('b:5', 5);
    await tx.commit();
    assertEqual(await collectKeys(store.entries()), ['a', 'b:5', 'c'], 'in the end');
  },

  'no other transaction can add a key to a range that a transaction has cleared': async (store) => {
    await store.putMany(ROWS);
    const tx = await store.begin();
    assertEqual(await tx.clear({ prefix: 'b:' }), 3, 'how many');
    const adding = watch(store.put('b:9', 9));
    await assertWaits(adding, store, 'a put into the range');
    await tx.commit();
    await adding.promise;
    assertEqual(await collectKeys(store.entries()), ['a', 'b:9', 'c'], 'in the end');
  },

  'clear waits for the holder of a key of the range, and deletes all entries or none': async (store) => {
    await store.putMany(ROWS);
    const holder = await store.begin();
    await holder.put('b:2', 'held');
    const clearingIt = watch(store.clear({ prefix: 'b:' }));
    await assertWaits(clearingIt, store, 'clear');
    assertEqual(await collectKeys(store.entries()), KEYS, 'while it waits');
    await assertRejects(store.clear({ lockTimeout: 0 }), 'LOCK_UNAVAILABLE');
    assertEqual(await collectKeys(store.entries()), KEYS, 'after a clear that failed');
    await holder.commit();
    assertEqual(await clearingIt.promise, 3, 'how many');
    assertEqual(await collectKeys(store.entries()), ['a', 'c'], 'in the end');
  },

  'clear accepts only bounds and wait options': async (store) => {
    await store.put('k', 1);
    const tx = await store.begin();
    const bad = [
      { limit: 1 },
      { reverse: true },
      { forUpdate: true },
      { gt: 1 },
      { prefix: null },
      { ttl: 5 },
      null,
    ];
    for (const options of bad)
      for (const target of [store, tx])
        await assertRejects(target.clear(options as ClearOptions), 'INVALID_OPTION');
    await tx.commit();
    assertEqual(await store.get('k'), 1, 'the value');
  },
};
