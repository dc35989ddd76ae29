import type { ErrorCode } from '../../../contract/errors.ts';
import type { ReadTransaction } from '../../../contract/transaction.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';
import { assertWaits, watch } from './watch.ts';

/**
 * Checks the failure of a transaction that was rolled back, and that a later operation rejects with the same
 * error.
 */
async function assertFailure(tx: ReadTransaction<Record<string, unknown>>, code: ErrorCode): Promise<void> {
  assertEqual([tx.status, tx.failure?.code], ['aborted', code], 'status and code of the failure');
  const refusal = await assertRejects(tx.get('any'), code);
  assert(refusal === tx.failure, 'a later operation rejects with the failure itself');
}

/** Waits at least this long, for a lock that is never granted. */
async function waitFor(store: AnyStore, delayMs: number): Promise<void> {
  const holder = await store.begin();
  await holder.getForUpdate('held');
  const waiter = await store.begin();
  await assertRejects(waiter.getForUpdate('held', { lockTimeout: delayMs }), 'LOCK_TIMEOUT');
  await Promise.all([holder.rollback(), waiter.rollback()]);
}

export const failures: StoreCases = {
  'failure is undefined while a transaction is active, and after its commit': async (store) => {
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    assertEqual([tx.failure, snapshot.failure], [undefined, undefined], 'after begin');
    await tx.put('k', 1);
    const committed = tx.commit();
    assertEqual(tx.failure, undefined, 'while it commits');
    await Promise.all([committed, snapshot.commit()]);
    await Promise.all([tx.rollback(), snapshot.rollback()]);
    assertEqual([tx.failure, snapshot.failure], [undefined, undefined], 'after the commit');
  },

  'an operation that fails without ending its transaction leaves failure undefined': async (store) => {
    const [holder, tx] = [await store.begin(), await store.begin()];
    await holder.getForUpdate('k');
    await assertRejects(tx.getForUpdate('k', { lockTimeout: 0 }), 'LOCK_UNAVAILABLE');
    await assertRejects(tx.put('k', undefined), 'INVALID_VALUE');
    assertEqual([tx.status, tx.failure], ['active', undefined], 'status and failure');
  },

  'failure is TRANSACTION_ABORTED after rollback()': async (store) => {
    const [tx, disposed] = [await store.begin(), await store.begin()];
    const snapshot = await store.begin({ readOnly: true });
    await tx.put('k', 1);
    await Promise.all([tx.rollback(), disposed[Symbol.asyncDispose](), snapshot.rollback()]);
    for (const ended of [tx, disposed, snapshot]) await assertFailure(ended, 'TRANSACTION_ABORTED');
  },

  'failure is DEADLOCK for the victim, and undefined for the other transaction': async (store) => {
    const [elder, younger] = [await store.begin(), await store.begin()];
    await elder.put('a', 1);
    await younger.put('b', 1);
    const waiting = watch(elder.put('b', 2));
    await assertWaits(waiting, store, 'the elder');
    const error = await assertRejects(younger.put('a', 2), 'DEADLOCK');
    assert(error === younger.failure, 'the operation rejected with the failure itself');
    await assertFailure(younger, 'DEADLOCK');
    await waiting.promise;
    await elder.commit();
    assertEqual(elder.failure, undefined, 'failure of the elder');
  },

  'failure is TRANSACTION_EXPIRED after the idle timeout': async (store) => {
    const idle = { idleTimeout: 1 };
    for (const tx of [await store.begin(idle), await store.begin({ ...idle, readOnly: true })]) {
      // An operation on a transaction that has not expired restarts its idle timeout.
      let isOpen = true;
      for (let delayMs = 20; isOpen; delayMs *= 2) {
        await waitFor(store, delayMs);
        isOpen = await tx.has('k').then(
          () => true,
          () => false,
        );
      }
      await assertFailure(tx, 'TRANSACTION_EXPIRED');
    }
  },

  'failure is STORE_CLOSED after the store was closed': async (store) => {
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    await tx.put('k', 1);
    await store.close();
    for (const ended of [tx, snapshot]) await assertFailure(ended, 'STORE_CLOSED');
  },

  'failure is the error of a commit that failed': async (store) => {
    const [holder, tx] = [await store.begin(), await store.begin()];
    await holder.getForUpdate('k');
    await tx.put('own', 1);
    const waiting = watch(tx.getForUpdate('k', { lockTimeout: 1 }));
    const error = await assertRejects(tx.commit(), 'LOCK_TIMEOUT');
    await assertRejects(waiting.promise, 'LOCK_TIMEOUT');
    assert(error === tx.failure, 'the commit rejected with the failure itself');
    await assertFailure(tx, 'LOCK_TIMEOUT');
    assertEqual(await store.get('own'), undefined, 'nothing was committed');
  },
};
