import type { MemStoreError } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../src/testing/assert.ts';
import { watch } from '../../src/testing/suites/store/watch.ts';
import { HeldJournal } from './held-journal.ts';
import { openStore, turn } from './open-store.ts';

describe('commitAll()', () => {
  it('commits every open read-write transaction, and no snapshots', async () => {
    const { store } = openStore();
    const transactions = [await store.begin(), await store.begin(), await store.begin()];
    const snapshot = await store.begin({ readOnly: true });
    for (const tx of transactions) await tx.put(`k${tx.id}`, tx.id);
    await store.commitAll();
    for (const tx of transactions) {
      expect(tx.status).toBe('committed');
      expect(await store.get(`k${tx.id}`)).toBe(tx.id);
    }
    expect(snapshot.status).toBe('active');
    await store.commitAll();
  });

  it('starts all commits together, so that one may wait for a lock that another releases', async () => {
    const { store } = openStore();
    const waiter = await store.begin();
    const holder = await store.begin();
    await holder.put('k', 'holder');
    const putting = watch(waiter.put('k', 'waiter'));
    await turn();
    await store.commitAll();
    await putting.promise;
    expect([waiter.status, holder.status]).toEqual(['committed', 'committed']);
    expect(await store.get('k')).toBe('waiter');
  });

  it('rejects with the failed commits after all commits have ended', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const transactions = [await store.begin(), await store.begin(), await store.begin()];
    for (const [index, tx] of transactions.entries()) await tx.put(`k${index}`, index);
    const committing = watch(store.commitAll());
    await turn();
    expect(journal.pending).toBe(3);
    journal.fail(new Error('the disk is full'));
    await turn();
    expect(committing.settled).toBe(false);
    journal.succeed();
    journal.fail(new Error('the disk is full'));
    const error = await committing.promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(AggregateError);
    const { errors } = error as AggregateError;
    expect(errors.map(({ code }: MemStoreError) => code)).toEqual([
      'TRANSACTION_ABORTED',
      'TRANSACTION_ABORTED',
    ]);
    expect(transactions.map(({ status }) => status)).toEqual(['aborted', 'committed', 'aborted']);
    expect(await store.getMany(['k0', 'k1', 'k2'])).toEqual([undefined, 1, undefined]);
  });

  it('commits the writes of running work, and does not retry the work', async () => {
    const { store } = openStore();
    let runs = 0;
    const work = store.transaction(async (tx) => {
      runs++;
      await tx.put('before', 1);
      await store.commitAll();
      await tx.put('after', 2);
    });
    await assertRejects(work, 'TRANSACTION_CLOSED');
    expect(runs).toBe(1);
    expect(await store.getMany(['before', 'after'])).toEqual([1, undefined]);
  });

  it('leaves no transaction open', async () => {
    const { store } = openStore();
    const tx = await store.begin();
    await tx.put('k', 1);
    await store.commitAll();
    expect(store.stats().activeTransactions).toBe(0);
    expect(store.locks().held).toEqual([]);
    await assertRejects(tx.put('k', 2), 'TRANSACTION_CLOSED');
  });
});

describe('rollbackAll()', () => {
  it('rolls back every open read-write transaction, and no snapshots', async () => {
    const { store } = openStore();
    const transactions = [await store.begin(), await store.begin()];
    const snapshot = await store.begin({ readOnly: true });
    for (const tx of transactions) await tx.put(`k${tx.id}`, tx.id);
    await store.rollbackAll();
    for (const tx of transactions) {
      expect(tx.status).toBe('aborted');
      await assertRejects(tx.get('k'), 'TRANSACTION_ABORTED');
      expect(await store.get(`k${tx.id}`)).toBe(undefined);
    }
    expect(snapshot.status).toBe('active');
    expect(store.locks().held).toEqual([]);
    await store.rollbackAll();
  });
});

it('rolls back transactions that leave their scope unfinished', async () => {
  const { store } = openStore();
  let left: { status: string } | undefined;
  {
    await using tx = await store.begin();
    await tx.put('k', 1);
    left = tx;
  }
  expect(left.status).toBe('aborted');
  {
    await using tx = await store.begin();
    await tx.put('k', 2);
    await tx.commit();
    left = tx;
  }
  expect(left.status).toBe('committed');
  expect(await store.get('k')).toBe(2);
});
