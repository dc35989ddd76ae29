import { assert, assertEqual, assertRejects } from '../../assert.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const HOUR_MS = 3_600_000;

export const taking: StoreCases = {
  'take returns the value and deletes it': async (store) => {
    await store.putMany([
      ['a', { n: 1 }],
      ['b', 2],
    ]);
    assertEqual(await store.take('a'), { n: 1 }, 'on the store');
    assertEqual(await store.take('a'), undefined, 'of a deleted key');
    const tx = await store.begin();
    assertEqual(await tx.take('b'), 2, 'in a transaction');
    assertEqual(await tx.take('b'), undefined, 'twice');
    assertEqual(await tx.has('b'), false, 'in the transaction');
    assertEqual(await store.get('b'), 2, 'before the commit');
    await tx.commit();
    assertEqual(await store.entries().toArray(), [], 'in the end');
  },

  'only one of many concurrent takes gets the value': async (store) => {
    await store.put('k', 'prize');
    const taken = await Promise.all(Array.from({ length: 6 }, () => store.take('k')));
    assertEqual(taken.filter((value) => value === 'prize').length, 1, 'how many got it');
    assertEqual(taken.filter((value) => value === undefined).length, 5, 'how many did not');
  },

  'take waits for the holder of the key': async (store) => {
    await store.put('k', 1);
    const holder = await store.begin();
    await holder.put('k', 2);
    const takingIt = watch(store.take('k'));
    await assertWaits(takingIt, store, 'take');
    await holder.commit();
    assertEqual(await takingIt.promise, 2, 'the value');
    assertEqual(await store.has('k'), false, 'whether it is still there');
  },

  'putIfAbsent puts only under an absent key': async (store) => {
    assertEqual(await store.putIfAbsent('k', 1), true, 'of an absent key');
    assertEqual(await store.putIfAbsent('k', 2), false, 'of a key with a value');
    const tx = await store.begin();
    assertEqual(await tx.putIfAbsent('k', 3), false, 'in a transaction');
    assertEqual(await tx.putIfAbsent('l', 4), true, 'in a transaction, of an absent key');
    assertEqual(await tx.putIfAbsent('l', 5), false, 'of a write of the transaction');
    await tx.del('k');
    assertEqual(await tx.putIfAbsent('k', 6), true, 'of a key that it has deleted');
    await tx.commit();
    assertEqual(await store.getMany(['k', 'l']), [6, 4], 'in the end');
  },

  'only one of many concurrent calls of putIfAbsent puts its value': async (store) => {
    const puts = Array.from({ length: 6 }, (_, index) => store.putIfAbsent('k', index));
    const results = await Promise.all(puts);
    assertEqual(results.filter(Boolean).length, 1, 'how many did');
    assertEqual(await store.get('k'), results.indexOf(true), 'whose value is there');
  },

  'a one-shot putIfAbsent of a committed key returns false without waiting': async (store) => {
    await store.put('k', 1);
    const holder = await store.begin();
    await holder.del('k');
    assertEqual(await store.putIfAbsent('k', 2), false, 'while another transaction deletes it');
    await holder.commit();
    assertEqual(await store.putIfAbsent('k', 2), true, 'afterwards');
  },

  'a one-shot putIfAbsent of an absent key waits for the holder of the key': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const putting = watch(store.putIfAbsent('k', 'second'));
    await assertWaits(putting, store, 'putIfAbsent');
    await holder.commit();
    assertEqual(await putting.promise, false, 'whether it put its value');
    assertEqual(await store.get('k'), 'held', 'the value');
  },

  'a putIfAbsent in a transaction keeps its lock even if it puts nothing': async (store) => {
    await store.put('k', 1);
    const tx = await store.begin();
    assertEqual(await tx.putIfAbsent('k', 2), false, 'whether it put its value');
    const writing = watch(store.put('k', 3));
    await assertWaits(writing, store, 'a put');
    await tx.commit();
    await writing.promise;
  },

  'putIfAbsent accepts a ttl, and checks the value first': async (store) => {
    await store.put('there', 1);
    const tx = await store.begin();
    for (const target of [store, tx]) {
      for (const key of ['there', 'absent']) {
        await assertRejects(target.putIfAbsent(key, undefined), 'INVALID_VALUE');
        await assertRejects(target.putIfAbsent(key, 1, { ttl: 0 }), 'INVALID_OPTION');
      }
    }
    await tx.commit();
    await store.putIfAbsent('k', 1, { ttl: HOUR_MS });
    await store.putIfAbsent('k', 1, { ttl: 4 * HOUR_MS });
    const left = await store.transaction((reader) => reader.ttl('k'));
    assert(left !== undefined && left <= HOUR_MS && left > HOUR_MS / 2, `the remaining TTL is ${left}`);
  },
};
