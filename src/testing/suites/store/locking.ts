import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import { KEY_OPERATIONS, WRITES } from './operations.ts';
import type { AnyTransaction, StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const NOWAIT = { lockTimeout: 0 };

const EXCLUSIVE: Readonly<Record<string, (tx: AnyTransaction) => Promise<unknown>>> = {
  getForUpdate: (tx) => tx.getForUpdate('k'),
  put: (tx) => tx.put('k', 'mine'),
  putMany: (tx) => tx.putMany([['k', 'mine']]),
  del: (tx) => tx.del('k'),
  'entries for update': (tx) => collect(tx.entries({ gte: 'k', lte: 'k', forUpdate: true })),
};

const SHARED: Readonly<Record<string, (tx: AnyTransaction) => Promise<unknown>>> = {
  get: (tx) => tx.get('k'),
  has: (tx) => tx.has('k'),
  getMany: (tx) => tx.getMany(['k']),
  entries: (tx) => collect(tx.entries({ gte: 'k', lte: 'k' })),
};

export const locking: StoreCases = {
  'LOCK_TIMEOUT names the key, its holder, and the fix for a nested transaction': async (store) => {
    const outer = await store.begin();
    await outer.getForUpdate('a key');
    const inner = await store.begin();
    const { message } = await assertRejects(inner.getForUpdate('a key', { lockTimeout: 1 }), 'LOCK_TIMEOUT');
    assert(message.includes('"a key"'), `the key in ${message}`);
    assert(new RegExp(`[Tt]ransaction ${outer.id} `).test(message), `the holder in ${message}`);
    assert(message.includes('If this call runs inside'), `the way out in ${message}`);
    await inner.rollback();
    await outer.rollback();
  },

  'a write or a read for update blocks all other access to the key': async (store) => {
    await store.put('k', 'before');
    for (const [name, lock] of Object.entries(EXCLUSIVE)) {
      const holder = await store.begin();
      await lock(holder);
      const other = await store.begin();
      for (const operation of Object.values(KEY_OPERATIONS)) {
        await assertRejects(operation(other, 'k', NOWAIT), 'LOCK_UNAVAILABLE');
      }
      await assertRejects(collect(other.entries({ prefix: 'k', ...NOWAIT })), 'LOCK_UNAVAILABLE');
      await holder.rollback();
      assertEqual(
        await other.getForUpdate('k', NOWAIT),
        'before',
        `after the end of the one who did ${name}`,
      );
      await other.rollback();
    }
  },

  'a read blocks writers of the key': async (store) => {
    for (const key of ['k', 'absent']) {
      await store.put('k', 'before');
      for (const [name, lock] of Object.entries(SHARED)) {
        const holder = await store.begin();
        if (key === 'k') await lock(holder);
        else await holder.get(key);
        const other = await store.begin();
        for (const operation of Object.values(WRITES)) {
          await assertRejects(operation(other, key, NOWAIT), 'LOCK_UNAVAILABLE');
        }
        await holder.commit();
        await other.put(key, name, NOWAIT);
        await other.rollback();
      }
    }
  },

  'several transactions can read the same key': async (store) => {
    await store.put('k', 1);
    const readers = [await store.begin(), await store.begin(), await store.begin()];
    for (const reader of readers) assertEqual(await reader.get('k', NOWAIT), 1, 'get');
    for (const reader of readers) assertEqual(await collect(reader.entries(NOWAIT)), [['k', 1]], 'entries');
  },

  'a reader waits for a writer and reads the committed value': async (store) => {
    await store.put('k', 1);
    const writer = await store.begin();
    await writer.put('k', 2);
    const reader = await store.begin();
    const reading = watch(reader.get('k'));
    await assertWaits(reading, store, 'get');
    await writer.put('k', 3);
    await writer.commit();
    assertEqual(await reading.promise, 3, 'the result');
  },

  'a writer waits for a reader': async (store) => {
    await store.put('k', 1);
    const reader = await store.begin();
    await reader.get('k');
    const writer = await store.begin();
    const writing = watch(writer.put('k', 2));
    await assertWaits(writing, store, 'put');
    assertEqual(await reader.get('k'), 1, 'the reader reads the same again');
    await reader.commit();
    await writing.promise;
    await writer.commit();
    assertEqual(await store.get('k'), 2, 'after both');
  },

  'a transaction is not blocked by its own locks': async (store) => {
    const tx = await store.begin({ lockTimeout: 0 });
    await tx.get('k');
    await tx.put('k', 1);
    assertEqual(await tx.getForUpdate('k'), 1, 'getForUpdate');
    assertEqual(await collect(tx.entries()), [['k', 1]], 'entries');
    await tx.put('l', 2);
    await tx.del('k');
    await tx.commit();
    assertEqual(await collect(store.entries()), [['l', 2]], 'after the commit');
  },

  'a reader that then writes overtakes a writer that waits for it': async (store) => {
    await store.put('k', 1);
    const reader = await store.begin();
    await reader.get('k');
    const writer = await store.begin();
    const writing = watch(writer.put('k', 3));
    await assertWaits(writing, store, 'put');
    await reader.put('k', 2);
    await reader.commit();
    await writing.promise;
    assertEqual(await store.get('k'), 2, 'between the two');
    await writer.commit();
    assertEqual(await store.get('k'), 3, 'after both');
  },

  'increments with getForUpdate are never lost': async (store) => {
    const increment = (): Promise<void> =>
      store.transaction(async (tx) => {
        const count = (await tx.getForUpdate('count')) as number | undefined;
        await tx.put('count', (count ?? 0) + 1);
      });
    await Promise.all(Array.from({ length: 50 }, increment));
    assertEqual(await store.get('count'), 50, 'count');
  },

  'an operation that fails with LOCK_UNAVAILABLE does not end its transaction': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 1);
    const tx = await store.begin();
    await tx.put('a', 1);
    const error = await assertRejects(tx.put('k', 2, NOWAIT), 'LOCK_UNAVAILABLE');
    assertEqual((error as { retryable?: boolean }).retryable, false, 'retryable');
    assertEqual(tx.status, 'active', 'status');
    await tx.put('b', 2);
    await tx.commit();
    assertEqual(await store.getMany(['a', 'k', 'b']), [1, undefined, 2], 'after the commit');
  },

  'an operation that fails with LOCK_TIMEOUT does not end its transaction': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 1);
    const tx = await store.begin({ lockTimeout: 1 });
    await tx.put('a', 1);
    const error = await assertRejects(tx.put('k', 2), 'LOCK_TIMEOUT');
    assertEqual((error as { retryable?: boolean }).retryable, true, 'retryable');
    assertEqual(tx.status, 'active', 'status');
    await assertRejects(collect(tx.entries()), 'LOCK_TIMEOUT');
    await holder.rollback();
    await tx.put('k', 3);
    await tx.commit();
    assertEqual(await store.getMany(['a', 'k']), [1, 3], 'after the commit');
  },

  'the lockTimeout of begin is the default for every operation': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 1);
    const tx = await store.begin(NOWAIT);
    await assertRejects(tx.get('k'), 'LOCK_UNAVAILABLE');
    await assertRejects(tx.get('k', { lockTimeout: 1 }), 'LOCK_TIMEOUT');
    await assertRejects(store.put('k', 2, NOWAIT), 'LOCK_UNAVAILABLE');
    await assertRejects(
      store.transaction((inner) => inner.get('k'), NOWAIT),
      'LOCK_UNAVAILABLE',
    );
  },

  'a putMany that cannot lock every key puts nothing': async (store) => {
    const holder = await store.begin();
    await holder.put('b', 'held');
    const tx = await store.begin();
    await tx.put('a', 'before');
    const putting = tx.putMany(
      [
        ['a', 1],
        ['b', 1],
        ['c', 1],
      ],
      NOWAIT,
    );
    await assertRejects(putting, 'LOCK_UNAVAILABLE');
    await holder.rollback();
    assertEqual(await tx.getMany(['a', 'b', 'c']), ['before', undefined, undefined], 'in the transaction');
    await tx.commit();
    assertEqual(await collect(store.entries()), [['a', 'before']], 'after the commit');
  },

  'a transaction releases its locks when it ends': async (store) => {
    for (const end of ['commit', 'rollback'] as const) {
      const holder = await store.begin();
      await holder.put('k', end);
      await collect(holder.entries());
      await holder[end]();
      const next = await store.begin(NOWAIT);
      await next.put('k', 'next');
      await next.rollback();
    }
    assert((await store.get('k')) === 'commit', 'the committed value is visible');
  },
};
