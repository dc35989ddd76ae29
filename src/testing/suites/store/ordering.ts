import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import { OPERATIONS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

export const ordering: StoreCases = {
  'operations take effect in the order of the calls': async (store) => {
    const tx = await store.begin();
    const results = await Promise.all([
      tx.get('k'),
      tx.put('k', 1),
      tx.get('k'),
      tx.put('k', 2),
      tx.has('k'),
      tx.getMany(['k', 'l']),
      tx.del('k'),
      tx.getForUpdate('k'),
      tx.del('k'),
      tx.putMany([['k', 3]]),
      collect(tx.entries()),
      tx.put('k', 4),
    ]);
    assertEqual(
      results,
      [
        undefined,
        undefined,
        1,
        undefined,
        true,
        [2, undefined],
        true,
        undefined,
        false,
        undefined,
        [['k', 3]],
        undefined,
      ],
      'results',
    );
    await tx.commit();
    assertEqual(await store.get('k'), 4, 'after the commit');
  },

  'operations behind a waiting operation wait too': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    const settled: string[] = [];
    const note = (name: string) => (): void => void settled.push(name);
    const operations = [
      tx.put('l', 1).then(note('before')),
      tx.getForUpdate('k').then(note('waits')),
      tx.put('l', 2).then(note('behind')),
      tx.get('free').then(note('far behind')),
    ];
    const all = watch(Promise.all(operations));
    await assertWaits(all, store, 'the rest');
    assertEqual(settled, ['before'], 'settled before the lock is free');
    await holder.commit();
    await all.promise;
    assertEqual(settled, ['before', 'waits', 'behind', 'far behind'], 'the order');
    assertEqual(await tx.get('l'), 2, 'get');
  },

  'a failed operation does not delay the next one': async (store) => {
    const tx = await store.begin();
    const [bad, good] = [watch(tx.put('k', undefined)), tx.put('l', 1)];
    await good;
    await assertRejects(bad.promise, 'INVALID_VALUE');
    await tx.commit();
    assertEqual(await store.get('l'), 1, 'after the commit');
  },

  'commit includes all operations called before it': async (store) => {
    const tx = await store.begin();
    void tx.put('a', 1);
    void tx.putMany([['b', 2]]);
    await tx.commit();
    assertEqual(await store.getMany(['a', 'b']), [1, 2], 'after the commit');
  },

  'commit waits for waiting operations': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    const putting = tx.put('k', 'mine');
    const committing = watch(tx.commit());
    assertEqual(tx.status, 'committing', 'status');
    await assertWaits(committing, store, 'the commit');
    assertEqual(await store.get('k'), undefined, 'nothing is visible yet');
    await holder.commit();
    await putting;
    await committing.promise;
    assertEqual(tx.status, 'committed', 'status');
    assertEqual(await store.get('k'), 'mine', 'after the commit');
  },

  'commit fails and rolls back if an operation it waits for fails': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    await tx.put('l', 1);
    const controller = new AbortController();
    const putting = watch(tx.put('k', 'mine', { signal: controller.signal }));
    const committing = watch(tx.commit());
    await assertWaits(committing, store, 'the commit');
    controller.abort();
    const reason = await assertRejects(putting.promise, 'ABORTED');
    const error = await assertRejects(committing.promise, 'ABORTED');
    assert(error === reason, 'both fail with the same error');
    assertEqual(tx.status, 'aborted', 'status');
    await holder.rollback();
    assertEqual(await collect(store.entries()), [], 'nothing was published');
    await (await store.begin({ lockTimeout: 0 })).put('l', 'its locks are released');
  },

  'commit waits for a waiting next()': async (store) => {
    const holder = await store.begin();
    await holder.put('x', 1);
    const tx = await store.begin();
    const next = watch(tx.entries({ prefix: 'x' }).next());
    const committing = watch(tx.commit());
    await assertWaits(committing, store, 'the commit');
    await holder.commit();
    assertEqual((await next.promise).value, ['x', 1], 'the result of next()');
    await committing.promise;
  },

  'commit does not wait for unfinished iterators': async (store) => {
    await store.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    const tx = await store.begin();
    const scan = tx.entries();
    await scan.next();
    await tx.commit();
    await assertRejects(scan.next(), 'TRANSACTION_CLOSED');
  },

  'an operation that failed earlier does not fail the commit': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    await tx.put('l', 1);
    await assertRejects(tx.put('k', 1, { lockTimeout: 0 }), 'LOCK_UNAVAILABLE');
    await assertRejects(tx.put('m', undefined), 'INVALID_VALUE');
    await tx.commit();
    assertEqual(await store.get('l'), 1, 'after the commit');
  },

  'a transaction rejects every operation after the call of commit': async (store) => {
    const tx = await store.begin();
    await tx.put('k', 1);
    const committing = tx.commit();
    const refused = Object.values(OPERATIONS).map((operation) => watch(operation(tx, 'k')));
    await committing;
    for (const { promise } of refused) await assertRejects(promise, 'TRANSACTION_CLOSED');
    assertEqual(await store.get('k'), 1, 'after the commit');
  },
};
