import type { MemStoreError } from '../../../contract/errors.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import { OPERATIONS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

export const deadlocks: StoreCases = {
  'a deadlock of two transactions rolls the younger one back, and the older one proceeds': async (store) => {
    const elder = await store.begin();
    const younger = await store.begin();
    await elder.put('a', 'elder');
    await younger.put('b', 'younger');
    const waiting = watch(elder.put('b', 'elder'));
    await assertWaits(waiting, store, 'the elder');
    const error = (await assertRejects(younger.put('a', 'younger'), 'DEADLOCK')) as MemStoreError;
    assertEqual(error.retryable, true, 'retryable');
    await waiting.promise;
    await elder.commit();
    assertEqual(await store.getMany(['a', 'b']), ['elder', 'elder'], 'in the end');
  },

  'the younger transaction is the victim even if the older one closes the cycle': async (store) => {
    const elder = await store.begin();
    const younger = await store.begin();
    await elder.put('a', 'elder');
    await younger.put('b', 'younger');
    const waiting = watch(younger.put('a', 'younger'));
    await assertWaits(waiting, store, 'the younger');
    await elder.put('b', 'elder');
    await assertRejects(waiting.promise, 'DEADLOCK');
    await elder.commit();
    assertEqual(await store.getMany(['a', 'b']), ['elder', 'elder'], 'in the end');
  },

  'every pending and later operation of the victim rejects with DEADLOCK': async (store) => {
    const elder = await store.begin();
    const younger = await store.begin();
    await elder.put('a', 1);
    await younger.put('b', 1);
    const pending = [younger.put('a', 2), younger.get('c'), younger.commit()].map((promise) =>
      watch(promise),
    );
    await elder.put('b', 2);
    for (const { promise } of pending) await assertRejects(promise, 'DEADLOCK');
    assertEqual(younger.status, 'aborted', 'status');
    for (const operation of Object.values(OPERATIONS))
      await assertRejects(operation(younger, 'c'), 'DEADLOCK');
    await younger.rollback();
    await elder.commit();
  },

  'the DEADLOCK error contains the cycle': async (store) => {
    const elder = await store.begin();
    const younger = await store.begin();
    await elder.put('a', 1);
    await younger.put('b', 1);
    const waiting = watch(elder.put('b', 2));
    const { cycle } = (await assertRejects(younger.put('a', 2), 'DEADLOCK')) as MemStoreError;
    await waiting.promise;
    const steps = cycle?.toSorted((left, right) => left.transactionId - right.transactionId);
    assertEqual(
      steps?.map(({ transactionId, key, mode }) => [transactionId, key, mode]),
      [
        [elder.id, 'b', 'exclusive'],
        [younger.id, 'a', 'exclusive'],
      ],
      'the steps',
    );
  },

  'a cycle of three transactions is detected': async (store) => {
    const [one, two, three] = [await store.begin(), await store.begin(), await store.begin()];
    await one.put('a', 1);
    await two.put('b', 2);
    await three.put('c', 3);
    const waiting = [watch(one.put('b', 1)), watch(two.put('c', 2))];
    const { cycle } = (await assertRejects(three.put('a', 3), 'DEADLOCK')) as MemStoreError;
    assertEqual(cycle?.length, 3, 'steps of the cycle');
    await waiting[1]?.promise;
    await two.commit();
    await waiting[0]?.promise;
    await one.commit();
    assertEqual(await store.getMany(['a', 'b', 'c']), [1, 1, 2], 'in the end');
  },

  'two transactions that read a key and then both write it deadlock': async (store) => {
    await store.put('k', 1);
    const elder = await store.begin();
    const younger = await store.begin();
    await elder.get('k');
    await younger.get('k');
    const waiting = watch(elder.put('k', 2));
    await assertWaits(waiting, store, 'the elder');
    await assertRejects(younger.put('k', 3), 'DEADLOCK');
    await waiting.promise;
    await elder.commit();
    assertEqual(await store.get('k'), 2, 'in the end');
  },

  'a cycle through a scanned range is detected': async (store) => {
    const elder = await store.begin();
    const younger = await store.begin();
    await younger.put('key', 1);
    await collect(elder.entries({ prefix: 'range:' }));
    const waiting = watch(elder.get('key'));
    await assertWaits(waiting, store, 'the elder');
    await assertRejects(younger.put('range:1', 1), 'DEADLOCK');
    assertEqual(await waiting.promise, undefined, 'what the elder reads');
  },

  'a retry with the age of an earlier attempt counts as older': async (store) => {
    const first = await store.begin();
    await first.rollback();
    const second = await store.begin();
    const retry = await store.begin({ age: first.age });
    assert(retry.id > second.id && retry.age === first.age, 'the retry is a new transaction of the old age');
    await second.put('a', 2);
    await retry.put('b', 3);
    const waiting = watch(retry.put('a', 3));
    await assertRejects(second.put('b', 2), 'DEADLOCK');
    await waiting.promise;
    await retry.commit();
    assertEqual(await store.getMany(['a', 'b']), [3, 3], 'in the end');
  },
};
