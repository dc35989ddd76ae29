import { assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

export const oneShots: StoreCases = {
  'each one-shot operation is a transaction': async (store) => {
    await store.put('a', 1);
    assertEqual(await store.get('a'), 1, 'get');
    assertEqual(await store.has('a'), true, 'has');
    await store.putMany([
      ['b', 2],
      ['c', 3],
    ]);
    assertEqual(await store.getMany(['c', 'x', 'b', 'c']), [3, undefined, 2, 3], 'getMany');
    assertEqual(await store.del('a'), true, 'del');
    assertEqual(await store.del('a'), false, 'del of a deleted key');
    assertEqual(await collect(store.entries({ gt: 'b' })), [['c', 3]], 'entries');
  },

  'one-shot reads never wait': async (store) => {
    await store.put('k', 1);
    const writer = await store.begin();
    await writer.put('k', 2);
    await writer.put('new', 2);
    assertEqual(await store.get('k'), 1, 'get');
    assertEqual(await store.has('new'), false, 'has');
    assertEqual(await store.getMany(['k', 'new']), [1, undefined], 'getMany');
    assertEqual(await collect(store.entries()), [['k', 1]], 'entries');
    await writer.commit();
    assertEqual(await store.getMany(['k', 'new']), [2, 2], 'after the commit');
  },

  'one-shot writes wait for the holder of the key': async (store) => {
    await store.put('deleted', 1);
    const holder = await store.begin();
    await holder.put('k', 'held');
    await holder.get('deleted');
    const putting = watch(store.put('k', 'put'));
    const deleting = watch(store.del('deleted'));
    await assertWaits(putting, store, 'put');
    await assertWaits(deleting, store, 'del');
    await holder.commit();
    await putting.promise;
    assertEqual(await deleting.promise, true, 'del');
    assertEqual(await store.getMany(['k', 'deleted']), ['put', undefined], 'in the end');
  },

  'a one-shot putMany is visible completely or not at all': async (store) => {
    const holder = await store.begin();
    await holder.get('c');
    const putting = watch(
      store.putMany([
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ]),
    );
    await assertWaits(putting, store, 'putMany');
    assertEqual(await store.getMany(['a', 'b', 'c']), [undefined, undefined, undefined], 'while it waits');
    await holder.rollback();
    await putting.promise;
    assertEqual(await store.getMany(['a', 'b', 'c']), [1, 1, 1], 'afterwards');
  },

  'one-shot calls of putMany with any order of keys never deadlock': async (store) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const puts = Array.from({ length: 20 }, (_, round) => {
      const keys = round % 2 === 0 ? names : names.toReversed();
      return store.putMany(keys.map((key) => [key, round] as const));
    });
    await Promise.all(puts);
    const values = await store.getMany(names);
    assertEqual(new Set(values).size, 1, 'all keys are of one round');
  },

  'a one-shot scan sees the state at its first step': async (store) => {
    await store.putMany(['a', 'b', 'c', 'd'].map((key) => [key, 1] as const));
    const scan = store.entries();
    await store.put('a', 2);
    const seen: unknown[] = [];
    for await (const entry of scan) {
      seen.push(entry);
      await store.del('c');
      await store.put('d', 3);
      await store.put('bb', 3);
    }
    assertEqual(
      seen,
      [
        ['a', 2],
        ['b', 1],
        ['c', 1],
        ['d', 1],
      ],
      'the result',
    );
  },

  'a one-shot write releases its lock': async (store) => {
    await store.put('k', 1);
    await store.del('k');
    await assertRejects(store.put('k', undefined), 'INVALID_VALUE');
    const tx = await store.begin({ lockTimeout: 0 });
    await tx.put('k', 2);
    await tx.commit();
    assertEqual(await store.get('k'), 2, 'in the end');
  },

  'a put may have a TTL that expires much later': async (store) => {
    const ttl = 3_600_000;
    await store.put('a', 1, { ttl });
    await store.putMany([['b', 2]], { ttl });
    await store.transaction((tx) => tx.put('c', 3, { ttl }));
    assertEqual(await store.getMany(['a', 'b', 'c']), [1, 2, 3], 'getMany');
  },
};
