import { assert, assertEqual, assertRejects } from '../../assert.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const HOUR_MS = 3_600_000;

export const counters: StoreCases = {
  'increment adds to a number, and treats an absent key as 0': async (store) => {
    assertEqual(await store.increment('n'), 1, 'of an absent key');
    assertEqual(await store.increment('n', 2.5), 3.5, 'with a step');
    assertEqual(await store.increment('n', -4), -0.5, 'downwards');
    const tx = await store.begin();
    assertEqual(await tx.increment('n'), 0.5, 'in a transaction');
    assertEqual(await tx.increment('n'), 1.5, 'twice');
    assertEqual(await tx.increment('new', 7), 7, 'of an absent key');
    assertEqual(await store.getMany(['n', 'new']), [-0.5, undefined], 'before the commit');
    await tx.commit();
    assertEqual(await store.getMany(['n', 'new']), [1.5, 7], 'in the end');
  },

  'increment adds a bigint to a bigint, and treats an absent key as 0n': async (store) => {
    const large = 2n ** 70n;
    assertEqual(await store.increment('n', large), large, 'of an absent key');
    assertEqual(await store.increment('n', -1n), large - 1n, 'with a step');
    assertEqual(await store.transaction((tx) => tx.increment('n', 2n)), large + 1n, 'in a transaction');
    assertEqual(await store.get('n'), large + 1n, 'in the end');
  },

  'increment refuses a value that is not a number and a sum that is not finite': async (store) => {
    const before = ['5', null, true, {}, 5n, Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY];
    await store.putMany(before.map((value, index) => [`k${index}`, value] as const));
    await store.put('big', 5n);
    await store.put('n', 1);
    const tx = await store.begin();
    for (const target of [store, tx]) {
      for (const index of before.keys())
        await assertRejects(target.increment(`k${index}`, Number.MAX_VALUE), 'INVALID_VALUE');
      await assertRejects(target.increment('big', 1), 'INVALID_VALUE');
      await assertRejects(target.increment('n', 1n), 'INVALID_VALUE');
      for (const by of [Number.NaN, Number.POSITIVE_INFINITY, '1', null, {}])
        await assertRejects(target.increment('n', by as number), 'INVALID_VALUE');
      await assertRejects(target.increment('absent', Number.NaN), 'INVALID_VALUE');
    }
    assertEqual(await tx.getMany(before.map((_, index) => `k${index}`)), before, 'in the transaction');
    await tx.commit();
    assertEqual(await store.getMany(['big', 'n', 'absent']), [5n, 1, undefined], 'in the end');
  },

  'concurrent increments lose no update': async (store) => {
    await Promise.all(Array.from({ length: 10 }, () => store.increment('n')));
    await Promise.all(Array.from({ length: 5 }, () => store.transaction((tx) => tx.increment('n', 2))));
    assertEqual(await store.get('n'), 20, 'the sum');
  },

  'increment waits for the holder of the key': async (store) => {
    const holder = await store.begin();
    await holder.put('n', 5);
    const adding = watch(store.increment('n'));
    await assertWaits(adding, store, 'increment');
    await assertRejects(store.increment('n', 1, { lockTimeout: 0 }), 'LOCK_UNAVAILABLE');
    await holder.commit();
    assertEqual(await adding.promise, 6, 'the sum');
  },

  'increment keeps the ttl, and applies an initial ttl only to a new entry': async (store) => {
    const ttl = (): Promise<number | undefined> => store.transaction((tx) => tx.ttl('n'));
    const options = { initialTtl: HOUR_MS };
    assertEqual(await store.increment('n', 1, options), 1, 'the first');
    assertEqual(await store.increment('n', 1, { initialTtl: 4 * HOUR_MS }), 2, 'the second');
    assertEqual(await store.transaction((tx) => tx.increment('n')), 3, 'the third');
    const left = await ttl();
    assert(left !== undefined && left <= HOUR_MS && left > HOUR_MS / 2, `the remaining TTL is ${left}`);
    await store.increment('n', 1, { ttl: Number.POSITIVE_INFINITY });
    assertEqual(await ttl(), undefined, 'for ever');
    await store.increment('n');
    assertEqual(await ttl(), undefined, 'still for ever');
  },
};
