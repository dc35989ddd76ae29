import { assert, assertEqual, assertRejects, assertRejectsWith } from '../../assert.ts';
import type { AnyTransaction, StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

const HOUR_MS = 3_600_000;
const STOP = new Error('stop');

function failing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

export const updates: StoreCases = {
  'update passes the value to a function and puts the result': async (store) => {
    const seen: unknown[] = [];
    const add = (value: unknown): unknown => {
      seen.push(value);
      return ((value as number | undefined) ?? 0) + 1;
    };
    assertEqual(await store.update('k', add), 1, 'of an absent key');
    assertEqual(await store.update('k', add), 2, 'of a key with a value');
    const tx = await store.begin();
    assertEqual(await tx.update('k', add), 3, 'in a transaction');
    assertEqual(await tx.update('k', add), 4, 'of a write of the transaction');
    assertEqual(await store.get('k'), 2, 'before the commit');
    await tx.commit();
    assertEqual(await store.get('k'), 4, 'in the end');
    assertEqual(seen, [undefined, 1, 2, 3], 'the arguments of the function');
  },

  'update also accepts a function that returns a promise': async (store) => {
    const add = async (value: unknown): Promise<unknown> => {
      await store.get('other');
      return ((value as number | undefined) ?? 0) + 1;
    };
    assertEqual(await store.update('k', add), 1, 'on the store');
    assertEqual(await store.transaction((tx) => tx.update('k', add)), 2, 'in a transaction');
    assertEqual(await store.get('k'), 2, 'in the end');
  },

  'an update that returns undefined deletes the key': async (store) => {
    await store.putMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    assertEqual(await store.update('a', () => undefined), undefined, 'on the store');
    assertEqual(await store.update('x', () => undefined), undefined, 'of an absent key');
    await store.transaction(async (tx) => {
      assertEqual(await tx.update('b', async () => undefined), undefined, 'in a transaction');
      assertEqual(await tx.has('b'), false, 'in the transaction');
    });
    assertEqual(await store.entries().toArray(), [['c', 3]], 'the remaining entries');
  },

  'concurrent updates lose no change': async (store) => {
    const add = (value: unknown): number => ((value as number | undefined) ?? 0) + 1;
    const slowly = async (value: unknown): Promise<number> => {
      await store.get('other');
      return add(value);
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => store.update('k', index % 2 ? add : slowly)));
    assertEqual(await store.get('k'), 8, 'the sum');
  },

  'an update holds the exclusive lock while its function runs': async (store) => {
    await store.put('k', 1);
    let proceed = (): void => {};
    const started = new Promise<void>((begun) => {
      const change = async (value: unknown): Promise<unknown> => {
        begun();
        await new Promise<void>((resolve) => {
          proceed = resolve;
        });
        return [value, 'updated'];
      };
      void store.update('k', change);
    });
    await started;
    await assertRejects(
      store.transaction((tx) => tx.getForUpdate('k', { lockTimeout: 0 })),
      'LOCK_UNAVAILABLE',
    );
    const reading = watch(store.update('k', (value) => [value, 'second']));
    await assertWaits(reading, store, 'another update');
    assertEqual(await store.get('k'), 1, 'a read of the store does not wait');
    proceed();
    assertEqual(await reading.promise, [[1, 'updated'], 'second'], 'the other update');
  },

  'an update waits for its lock before its function runs': async (store) => {
    await store.put('k', 1);
    const holder = await store.begin();
    await holder.getForUpdate('k');
    let runs = 0;
    const change = (value: unknown): unknown => {
      runs++;
      return [value];
    };
    const updating = watch(store.update('k', change));
    await assertWaits(updating, store, 'update');
    assertEqual(runs, 0, 'runs while it waits');
    await holder.put('k', 2);
    await holder.commit();
    assertEqual(await updating.promise, [2], 'the new value');
    assertEqual(runs, 1, 'runs');
  },

  'an operation on the key from inside its update waits until LOCK_TIMEOUT': async (store) => {
    await store.put('k', 1);
    const inside = store.update('k', async () => {
      await store.update('k', (value) => value, { lockTimeout: 20 });
      return 2;
    });
    await assertRejects(inside, 'LOCK_TIMEOUT');
    assertEqual(await store.get('k'), 1, 'the value');
  },

  'an update whose function throws rejects with that error and changes nothing': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const target of [store, tx])
      for (const error of [new TypeError('no'), 'text', undefined])
        for (const change of [failing(error), async () => failing(error)()])
          await assertRejectsWith(target.update('k', change), error);
    await tx.put('l', 1);
    await tx.commit();
    assertEqual(await store.getMany(['k', 'l']), ['before', 1], 'the values');
  },

  'an update whose function returns a value that cannot be stored changes nothing': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const target of [store, tx]) {
      await assertRejects(
        target.update('k', () => () => {}),
        'INVALID_VALUE',
      );
      await assertRejects(
        target.update('k', async () => Symbol('x')),
        'INVALID_VALUE',
      );
    }
    assertEqual(await tx.get('k'), 'before', 'in the transaction');
    await tx.rollback();
    assertEqual(await store.get('k'), 'before', 'the value');
  },

  'an update copies the argument and the result of its function': async (store) => {
    await store.put('k', { list: [1] });
    const tx = await store.begin();
    for (const target of [store, tx]) {
      let returned: { list: unknown[] } = { list: [] };
      const result = await target.update('k', (value) => {
        (value as { list: unknown[] }).list.push('changed in place');
        returned = { list: [2] };
        return returned;
      });
      returned.list.push('later');
      (result as { list: unknown[] }).list.push('later');
      assertEqual(await target.get('k'), { list: [2] }, 'the value');
      const failed = target.update('k', (value) => {
        (value as { list: unknown[] }).list.push('thrown away');
        throw STOP;
      });
      await assertRejectsWith(failed, STOP);
      assertEqual(await target.get('k'), { list: [2] }, 'the value after a failure');
    }
    await tx.rollback();
  },

  'updates of one transaction take effect in the order of the calls': async (store) => {
    const tx = await store.begin();
    const append =
      (text: string) =>
      async (value: unknown): Promise<string> => {
        await store.get('other');
        return `${(value as string | undefined) ?? ''}${text}`;
      };
    const results = Promise.all([
      tx.put('k', 'a'),
      tx.update('k', append('b')),
      tx.get('k'),
      tx.put('k', 'c'),
      tx.update('k', append('d')),
      tx.update('k', (value) => `${value}e`),
      tx.getMany(['k']),
      tx.commit(),
    ]);
    assertEqual(
      await results,
      [undefined, 'ab', 'ab', undefined, 'cd', 'cde', ['cde'], undefined],
      'the results',
    );
    assertEqual(await store.get('k'), 'cde', 'in the end');
  },

  'a commit that waits for an update rolls back if the update fails': async (store) => {
    const tx = await store.begin();
    await tx.put('l', 1);
    const updating = tx.update('k', async () => {
      await store.get('other');
      throw STOP;
    });
    updating.catch(() => {});
    await assertRejects(tx.commit(), 'TRANSACTION_ABORTED');
    assertEqual(tx.status, 'aborted', 'the status');
    assertEqual(await store.getMany(['k', 'l']), [undefined, undefined], 'the values');
  },

  'operations that the function of an update calls take effect after the update': async (store) => {
    await store.transaction(async (tx) => {
      let adding: Promise<unknown> | undefined;
      const updating = tx.update('n', () => {
        adding = tx.increment('n');
        return 10;
      });
      assertEqual(await updating, 10, 'the update');
      assertEqual(await adding, 11, 'the increment');
      await tx.update('m', async () => {
        adding = tx.increment('m');
        return 20;
      });
      assertEqual(await adding, 21, 'the increment during an async function');
    });
    assertEqual(await store.getMany(['n', 'm']), [11, 21], 'the values');
  },

  'a failed update does not stop the operations that its function called': async (store) => {
    await store.transaction(async (tx) => {
      let adding: Promise<unknown> | undefined;
      const updating = tx.update('n', () => {
        adding = tx.increment('n');
        throw new RangeError('no');
      });
      const failure = await updating.catch((error: unknown) => error);
      assert(failure instanceof RangeError, `the update: ${failure}`);
      assertEqual(await adding, 1, 'the increment');
    });
    assertEqual(await store.get('n'), 1, 'the value');
  },

  'rollbackTo undoes updates': async (store) => {
    await store.put('k', 1);
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    await tx.update('k', () => 2);
    await tx.increment('n');
    await tx.take('k');
    await tx.rollbackTo(savepoint);
    assertEqual(await tx.getMany(['k', 'n']), [1, undefined], 'the entries');
    await tx.commit();
  },

  'an update keeps the ttl, or sets a new or an initial one': async (store) => {
    await store.put('k', 1, { ttl: HOUR_MS });
    const ttl = (): Promise<number | undefined> => store.transaction((tx) => tx.ttl('k'));
    const assertTtl = async (atMost: number, what: string): Promise<void> => {
      const left = await ttl();
      assert(left !== undefined && left <= atMost && left > atMost / 2, `${what}: ${left}`);
    };
    await store.update('k', () => 2);
    await assertTtl(HOUR_MS, 'kept by a store');
    await store.transaction((tx) => tx.update('k', () => 3));
    await assertTtl(HOUR_MS, 'kept in a transaction');
    await store.update('k', () => 4, { initialTtl: 2 * HOUR_MS });
    await assertTtl(HOUR_MS, 'an initial one does not apply');
    await store.update('k', () => 5, { ttl: 4 * HOUR_MS });
    await assertTtl(4 * HOUR_MS, 'a new one');
    await store.update('k', () => 6, { ttl: Number.POSITIVE_INFINITY });
    assertEqual(await ttl(), undefined, 'for ever');
    await store.update('k', () => 7);
    assertEqual(await ttl(), undefined, 'still for ever');
    await store.del('k');
    await store.update('k', () => 8, { initialTtl: 4 * HOUR_MS });
    await assertTtl(4 * HOUR_MS, 'an initial one of a new entry');
    await store.transaction(async (tx) => {
      await tx.put('k', 9, { ttl: 16 * HOUR_MS });
      await tx.update('k', () => 10);
    });
    await assertTtl(16 * HOUR_MS, 'the one of a put of the same transaction');
    await store.del('k');
    await store.update('k', () => 11);
    assertEqual(await ttl(), undefined, 'none by default');
  },

  'update and increment refuse invalid options': async (store) => {
    await store.put('k', 1);
    const bad: readonly object[] = [
      { ttl: 0 },
      { ttl: 'x' },
      { initialTtl: -1 },
      { initialTtl: Number.NaN },
      { ttl: 5, initialTtl: 5 },
      { ttl: 5, initialtTl: 5 },
      { lockTimeout: -1 },
      { limit: 1 },
    ];
    const tx = await store.begin();
    for (const options of bad)
      for (const target of [store, tx]) {
        await assertRejects(
          target.update('k', () => 2, options),
          'INVALID_OPTION',
        );
        await assertRejects(target.increment('k', 1, options), 'INVALID_OPTION');
      }
    for (const target of [store, tx])
      await assertRejects(target.update('k', 'x' as unknown as () => unknown), 'INVALID_OPTION');
    await tx.commit();
    assertEqual(await store.get('k'), 1, 'the value');
  },

  'a snapshot rejects operations that read and write': async (store) => {
    await store.put('k', 1);
    const snapshot = (await store.begin({ readOnly: true })) as AnyTransaction;
    await assertRejects(
      snapshot.update('k', () => 2),
      'READ_ONLY',
    );
    await assertRejects(snapshot.increment('k'), 'READ_ONLY');
    await assertRejects(snapshot.take('k'), 'READ_ONLY');
    await assertRejects(snapshot.putIfAbsent('l', 1), 'READ_ONLY');
    await assertRejects(snapshot.touch('k', { ttl: HOUR_MS }), 'READ_ONLY');
    await assertRejects(snapshot.clear(), 'READ_ONLY');
    assertEqual(await snapshot.get('k'), 1, 'it still reads');
    await snapshot.commit();
  },

  'an ended transaction rejects operations that read and write': async (store) => {
    const tx = await store.begin();
    await tx.commit();
    await assertRejects(
      tx.update('k', () => 2),
      'TRANSACTION_CLOSED',
    );
    await assertRejects(tx.increment('k'), 'TRANSACTION_CLOSED');
    await assertRejects(tx.take('k'), 'TRANSACTION_CLOSED');
    await assertRejects(tx.putIfAbsent('l', 1), 'TRANSACTION_CLOSED');
    await assertRejects(tx.touch('k', { ttl: HOUR_MS }), 'TRANSACTION_CLOSED');
    await assertRejects(tx.clear(), 'TRANSACTION_CLOSED');
  },

  'an update whose function aborts its signal writes nothing': async (store) => {
    const tx = await store.begin();
    const updating = (target: typeof store | AnyTransaction, key: string): Promise<unknown> => {
      const controller = new AbortController();
      const change = (): number => {
        controller.abort();
        return 1;
      };
      return target.update(key, change, { signal: controller.signal });
    };
    await assertRejects(updating(tx, 'k'), 'ABORTED');
    await assertRejects(updating(store, 'l'), 'ABORTED');
    assertEqual(await tx.get('k'), undefined, 'the value in the transaction');
    await tx.commit();
    assertEqual(await store.getMany(['k', 'l']), [undefined, undefined], 'the values');
  },

  'a signal cancels an update whose function is still running': async (store) => {
    const controller = new AbortController();
    const tx = await store.begin();
    const never = new Promise<number>(() => {});
    const updating = tx.update('k', () => never, { signal: controller.signal });
    const oneShot = store.update('l', () => never, { signal: controller.signal });
    const outcome = Promise.all([assertRejects(updating, 'ABORTED'), assertRejects(oneShot, 'ABORTED')]);
    await assertWaits(watch(Promise.all([updating, oneShot])), store, 'update');
    controller.abort();
    await outcome;
    await tx.put('k', 1);
    await tx.commit();
    assertEqual(await store.update('l', () => 2), 2, 'the key is free again');
    assertEqual(await store.get('k'), 1, 'the value');
  },
};
