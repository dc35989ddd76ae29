import type { ReadWrite, RunOptions } from '../../../contract/options.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import type { AnyStore, AnyTransaction, StoreCases } from './store-cases.ts';
import { watch } from './watch.ts';

/** The way in which the work handles a rejected operation. */
type Handling = (operation: Promise<void>) => Promise<unknown>;

interface Attempt {
  readonly id: number;
  readonly age: number;
}

/**
 * Runs a transaction whose first attempt is the victim of a deadlock with an older transaction.
 * @returns all attempts, after the transaction has committed
 */
async function runIntoDeadlock(
  store: AnyStore,
  handle: Handling,
  options: ReadWrite<RunOptions> = {},
): Promise<Attempt[]> {
  const elder = await store.begin();
  await elder.put('a', 'elder');
  const attempts: Attempt[] = [];
  const work = async (tx: AnyTransaction): Promise<void> => {
    attempts.push({ id: tx.id, age: tx.age });
    await tx.put('b', `attempt ${attempts.length}`);
    if (attempts.length > 1) return;
    const elders = watch(elder.put('b', 'elder'));
    try {
      await handle(tx.put('a', 'younger'));
    } finally {
      await elders.promise;
      await elder.commit();
    }
  };
  await store.transaction(work, options);
  return attempts;
}

export const running: StoreCases = {
  'begin and transaction accept an idleTimeout': async (store) => {
    const [tx, snapshot] = await Promise.all([
      store.begin({ idleTimeout: 30_000 }),
      store.begin({ idleTimeout: 30_000, readOnly: true }),
    ]);
    await tx.put('a', 1);
    assertEqual(await snapshot.get('a'), undefined, 'what the snapshot sees');
    await Promise.all([tx.commit(), snapshot.commit()]);
    const read = await store.transaction((own) => own.get('a'), { idleTimeout: 30_000, lockTimeout: 5_000 });
    assertEqual(read, 1, 'what a transaction reads');
  },

  'transaction() commits when the work returns, and resolves with its result': async (store) => {
    const result = await store.transaction(async (tx) => {
      await tx.put('k', 1);
      return 'done';
    });
    assertEqual(result, 'done', 'result');
    assertEqual(await store.get('k'), 1, 'after the commit');
    assertEqual(await store.transaction(() => 7), 7, 'the result of work that is not asynchronous');
  },

  'transaction() includes operations that the work did not await': async (store) => {
    await store.transaction((tx) => {
      void tx.put('k', 1);
    });
    assertEqual(await store.get('k'), 1, 'after the commit');
  },

  'transaction() rolls back when the work throws, and rejects with the same error': async (store) => {
    const thrown = Object.assign(new Error('mine'), { code: 'DEADLOCK', retryable: true });
    let runs = 0;
    for (const work of [
      async (tx: AnyTransaction): Promise<never> => {
        runs++;
        await tx.put('k', 1);
        throw thrown;
      },
      (): never => {
        runs++;
        throw thrown;
      },
    ]) {
      const error = await store.transaction(work).catch((reason: unknown) => reason);
      assert(error === thrown, 'it is the same error');
    }
    assertEqual(runs, 2, 'the work is not retried for an error that is not from the store');
    assertEqual(await store.get('k'), undefined, 'nothing was committed');
    await (await store.begin({ lockTimeout: 0 })).put('k', 'its locks are released');
  },

  'transaction() retries after a deadlock and keeps the age': async (store) => {
    const [first, second, ...others] = await runIntoDeadlock(store, (operation) => operation);
    assert(first !== undefined && second !== undefined && others.length === 0, 'there were two attempts');
    assert(
      second.id > first.id && second.age === first.age,
      'the second is a new transaction of the same age',
    );
    assertEqual(await store.getMany(['a', 'b']), ['elder', 'attempt 2'], 'in the end');
  },

  'transaction() retries after a deadlock even if the work throws another error': async (store) => {
    const attempts = await runIntoDeadlock(store, async (operation) => {
      await operation.catch(() => {
        throw new TypeError('something else');
      });
    });
    assertEqual(attempts.length, 2, 'attempts');
    assertEqual(await store.get('b'), 'attempt 2', 'in the end');
  },

  'transaction() retries after a deadlock even if the work catches the error': async (store) => {
    const attempts = await runIntoDeadlock(store, (operation) => operation.catch(() => undefined));
    assertEqual(attempts.length, 2, 'attempts');
    assertEqual(await store.get('b'), 'attempt 2', 'in the end');
  },

  'transaction() makes at most maxAttempts attempts': async (store) => {
    const running = runIntoDeadlock(store, (operation) => operation, { maxAttempts: 1 });
    await assertRejects(running, 'DEADLOCK');
    assertEqual(await store.get('b'), 'elder', 'in the end');
  },

  'transaction() retries if the work throws LOCK_TIMEOUT': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    let runs = 0;
    const work = async (tx: AnyTransaction): Promise<void> => {
      runs++;
      await tx.put('k', 1);
    };
    await assertRejects(store.transaction(work, { lockTimeout: 1, maxAttempts: 3 }), 'LOCK_TIMEOUT');
    assertEqual(runs, 3, 'runs');
    const waited = store.transaction(
      async (tx) => {
        runs++;
        if (runs === 5) await holder.rollback();
        await tx.put('k', 2);
      },
      { lockTimeout: 1 },
    );
    await waited;
    assertEqual(await store.get('k'), 2, 'in the end');
  },

  'transaction() does not retry errors that are not retryable': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    let runs = 0;
    const failing: readonly [
      (tx: AnyTransaction) => Promise<unknown>,
      'LOCK_UNAVAILABLE' | 'INVALID_VALUE',
    ][] = [
      [(tx) => tx.get('k', { lockTimeout: 0 }), 'LOCK_UNAVAILABLE'],
      [(tx) => tx.put('l', undefined), 'INVALID_VALUE'],
    ];
    for (const [operation, code] of failing) {
      const running = store.transaction((tx) => {
        runs++;
        return operation(tx);
      });
      await assertRejects(running, code);
    }
    assertEqual(runs, 2, 'runs');
  },

  'transaction() rejects with TRANSACTION_ABORTED if the work rolls back': async (store) => {
    let runs = 0;
    const running = store.transaction(async (tx) => {
      runs++;
      await tx.put('k', 1);
      await tx.rollback();
    });
    await assertRejects(running, 'TRANSACTION_ABORTED');
    assertEqual(runs, 1, 'runs');
    assertEqual(await store.get('k'), undefined, 'nothing was committed');
  },

  'transactions that lock keys in different orders all commit': async (store) => {
    const names = ['a', 'b', 'c', 'd'];
    await store.putMany(names.map((name) => [name, 100] as const));
    const transfer = (from: string, to: string): Promise<void> =>
      store.transaction(async (tx) => {
        const source = (await tx.get(from)) as number;
        await tx.put(from, source - 1);
        const target = (await tx.get(to)) as number;
        await tx.put(to, target + 1);
      });
    const transfers = Array.from({ length: 40 }, (_, index) => {
      const from = index % names.length;
      const to = (from + 1 + (index % (names.length - 1))) % names.length;
      return transfer(names[from] ?? '', names[to] ?? '');
    });
    await Promise.all(transfers);
    const total = (await store.getMany(names)).reduce((sum: number, value) => sum + (value as number), 0);
    assertEqual(total, 400, 'nothing is lost or made');
  },
};
