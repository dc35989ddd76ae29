import type { TouchOptions } from '../../../contract/options.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const HOUR_MS = 3_600_000;

export const touching: StoreCases = {
  'touch sets the ttl and keeps the value': async (store) => {
    const ttl = (): Promise<number | undefined> => store.transaction((tx) => tx.ttl('k'));
    const isAbout = (left: number | undefined, ms: number): boolean =>
      left !== undefined && left <= ms && left > ms / 2;
    await store.put('k', { n: 1 });
    assertEqual(await store.touch('k', { ttl: HOUR_MS }), true, 'on the store');
    assert(isAbout(await ttl(), HOUR_MS), 'the ttl');
    assertEqual(await store.touch('k', { ttl: 4 * HOUR_MS }), true, 'again');
    assert(isAbout(await ttl(), 4 * HOUR_MS), 'the later ttl');
    const tx = await store.begin();
    assertEqual(await tx.touch('k', { ttl: HOUR_MS }), true, 'in a transaction');
    assert(isAbout(await tx.ttl('k'), HOUR_MS), 'the ttl in the transaction');
    assert(isAbout(await store.begin({ readOnly: true }).then((s) => s.ttl('k')), 4 * HOUR_MS), 'outside it');
    await tx.commit();
    assert(isAbout(await ttl(), HOUR_MS), 'the ttl after the commit');
    assertEqual(await store.touch('k', { ttl: Number.POSITIVE_INFINITY }), true, 'for ever');
    assertEqual(await ttl(), undefined, 'no ttl');
    assertEqual(await store.get('k'), { n: 1 }, 'the value');
  },

  'touch of an absent key returns false and puts nothing': async (store) => {
    await store.put('gone', 1);
    assertEqual(await store.touch('k', { ttl: HOUR_MS }), false, 'on the store');
    const tx = await store.begin();
    await tx.del('gone');
    assertEqual(await tx.touch('gone', { ttl: HOUR_MS }), false, 'of what the transaction has deleted');
    assertEqual(await tx.touch('k', { ttl: HOUR_MS }), false, 'in a transaction');
    await tx.commit();
    assertEqual(await store.entries().toArray(), [], 'the entries');
  },

  'touch changes the ttl of a put of the same transaction': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 1);
    assertEqual(await tx.touch('k', { ttl: HOUR_MS }), true, 'touch');
    await tx.put('l', 1, { ttl: HOUR_MS });
    assertEqual(await tx.touch('l', { ttl: Number.POSITIVE_INFINITY }), true, 'touch for ever');
    await tx.commit();
    const [k, l] = await store.transaction(async (reader) => [await reader.ttl('k'), await reader.ttl('l')]);
    assert(k !== undefined && k <= HOUR_MS && k > HOUR_MS / 2, `the ttl: ${k}`);
    assertEqual(l, undefined, 'no ttl');
  },

  'touch requires a ttl and refuses options of other operations': async (store) => {
    await store.put('k', 1);
    const tx = await store.begin();
    const bad = [
      undefined,
      {},
      { ttl: undefined },
      { ttl: 0 },
      { ttl: 5, initialTtl: 5 },
      { ttl: 5, limit: 1 },
    ];
    for (const options of bad)
      for (const target of [store, tx])
        await assertRejects(target.touch('k', options as TouchOptions), 'INVALID_OPTION');
    await tx.commit();
    assertEqual(await store.get('k'), 1, 'the value');
  },

  'touch waits for the holder of the key': async (store) => {
    await store.put('k', 1);
    const holder = await store.begin();
    await holder.del('k');
    const touchingIt = watch(store.touch('k', { ttl: HOUR_MS }));
    await assertWaits(touchingIt, store, 'touch');
    await holder.commit();
    assertEqual(await touchingIt.promise, false, 'whether it found the key');
  },
};
