import { assert, assertEqual } from '../../assert.ts';
import { collect } from './collect.ts';
import type { StoreCases } from './store-cases.ts';

export const readingAndWriting: StoreCases = {
  'a key that was never put is absent': async (store) => {
    const tx = await store.begin();
    assertEqual(await tx.get('k'), undefined, 'get');
    assertEqual(await tx.getForUpdate('k'), undefined, 'getForUpdate');
    assertEqual(await tx.has('k'), false, 'has');
    assertEqual(await tx.getMany(['k', 'l']), [undefined, undefined], 'getMany');
    assertEqual(await tx.del('k'), false, 'del');
    assertEqual(await collect(tx.entries()), [], 'entries');
  },

  'a commit makes writes visible to all readers': async (store) => {
    const writer = await store.begin();
    await writer.put('k', 1);
    await writer.put('k', 2);
    await writer.commit();
    const reader = await store.begin();
    assertEqual(await reader.get('k'), 2, 'in a transaction');
    assertEqual(await store.get('k'), 2, 'alone');
    assertEqual(await store.has('k'), true, 'has');
  },

  'ttl returns the remaining TTL of an entry': async (store) => {
    const HOUR = 3_600_000;
    await store.put('limited', 1, { ttl: HOUR });
    await store.put('for ever', 1);
    await store.put('changed', 1, { ttl: HOUR });
    const tx = await store.begin();
    const left = (await tx.ttl('limited')) ?? 0;
    // A store may keep entries somewhat longer than their TTL.
    assert(left > HOUR / 2 && left < 2 * HOUR, `the remaining TTL is ${left}`);
    assertEqual(await tx.ttl('for ever'), undefined, 'an entry without a TTL');
    assertEqual(await tx.ttl('nobody'), undefined, 'no entry');
    await tx.put('changed', 2);
    assertEqual(await tx.ttl('changed'), undefined, 'after its own put without a TTL');
    await tx.put('changed', 2, { ttl: HOUR });
    assertEqual(await tx.ttl('changed'), HOUR, 'after its own put with a TTL');
    await tx.del('changed');
    assertEqual(await tx.ttl('changed'), undefined, 'after its own delete');
    await tx.rollback();
    const snapshot = await store.begin({ readOnly: true });
    await store.put('limited', 2);
    const then = (await snapshot.ttl('limited')) ?? 0;
    assert(then > HOUR / 2, `the remaining TTL in the snapshot is ${then}`);
    assertEqual(await snapshot.ttl('for ever'), undefined, 'an entry without a TTL, in a snapshot');
    assertEqual(await snapshot.ttl('nobody'), undefined, 'no entry, in a snapshot');
    await snapshot.rollback();
  },

  'writes are invisible to others before the commit': async (store) => {
    await store.putMany([
      ['old', 1],
      ['doomed', 1],
    ]);
    const tx = await store.begin();
    await tx.put('new', 2);
    await tx.put('old', 2);
    await tx.del('doomed');
    assertEqual(await store.getMany(['new', 'old', 'doomed']), [undefined, 1, 1], 'getMany');
    assertEqual(await store.has('new'), false, 'has of a new key');
    assertEqual(
      await collect(store.entries()),
      [
        ['doomed', 1],
        ['old', 1],
      ],
      'entries',
    );
    await tx.commit();
    assertEqual(await store.getMany(['new', 'old', 'doomed']), [2, 2, undefined], 'after the commit');
  },

  'a rollback discards every write': async (store) => {
    await store.putMany([
      ['old', 1],
      ['doomed', 1],
    ]);
    const tx = await store.begin();
    await tx.put('new', 2);
    await tx.put('old', 2);
    await tx.del('doomed');
    await tx.rollback();
    assertEqual(await store.getMany(['new', 'old', 'doomed']), [undefined, 1, 1], 'after the rollback');
  },

  'a transaction reads its own writes': async (store) => {
    await store.put('old', 1);
    const tx = await store.begin();
    await tx.put('new', 2);
    await tx.del('old');
    assertEqual(await tx.get('new'), 2, 'get');
    assertEqual(await tx.getForUpdate('new'), 2, 'getForUpdate');
    assertEqual(await tx.has('new'), true, 'has');
    assertEqual(await tx.get('old'), undefined, 'get of a deleted key');
    assertEqual(await tx.has('old'), false, 'has of a deleted key');
    assertEqual(await tx.getMany(['old', 'new']), [undefined, 2], 'getMany');
    await tx.put('old', 3);
    assertEqual(await tx.get('old'), 3, 'get of a key that was put again');
  },

  'del returns whether the key was present': async (store) => {
    await store.put('k', 1);
    const tx = await store.begin();
    assertEqual(await tx.del('k'), true, 'of a committed key');
    assertEqual(await tx.del('k'), false, 'of a key that this transaction deleted');
    await tx.put('k', 2);
    assertEqual(await tx.del('k'), true, 'of a key that this transaction put');
    await tx.commit();
    assertEqual(await store.has('k'), false, 'has after the commit');
  },

  'falsy values count as present': async (store) => {
    const values = [null, false, 0, '', Number.NaN, 0n];
    for (const [index, value] of values.entries()) await store.put(`k${index}`, value);
    const tx = await store.begin();
    for (const [index, value] of values.entries()) {
      assertEqual(await tx.get(`k${index}`), value, 'get');
      assertEqual(await tx.has(`k${index}`), true, 'has');
      assertEqual(await tx.del(`k${index}`), true, 'del');
    }
  },

  'getMany returns values in the order of the keys, including repeated keys': async (store) => {
    await store.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    const tx = await store.begin();
    await tx.put('c', 3);
    assertEqual(await tx.getMany(['c', 'x', 'a', 'b', 'a']), [3, undefined, 1, 2, 1], 'getMany');
    assertEqual(await tx.getMany([]), [], 'getMany of nothing');
  },

  'putMany accepts any iterable and keeps the last value of a repeated key': async (store) => {
    const tx = await store.begin();
    await tx.putMany(
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
    );
    await tx.putMany([
      ['c', 3],
      ['d', 4],
      ['c', 5],
    ]);
    await tx.putMany([]);
    await tx.commit();
    assertEqual(await store.getMany(['a', 'b', 'c', 'd']), [1, 2, 5, 4], 'after the commit');
  },

  'a new transaction is active and has a greater id than earlier ones': async (store) => {
    const first = await store.begin();
    const second = await store.begin();
    assert(second.id > first.id, 'ids grow');
    assertEqual(first.status, 'active', 'status');
    assertEqual(first.readOnly, false, 'readOnly');
    assertEqual(first.age, first.id, 'age of a first attempt');
  },
};
