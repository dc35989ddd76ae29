import { MemStore, MemStoreError, type Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { turn } from './open-store.ts';

type Numbers = Record<string, number>;

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

describe('an error has as its cause', () => {
  it("what the user's cloner threw in an operation that the commit waited for", async () => {
    const broken = new TypeError('cannot copy');
    let isBroken = false;
    const clone = <T>(value: T): T => {
      if (isBroken) throw broken;
      return structuredClone(value);
    };
    const store = new MemStore({ clone });
    await store.put('a', { n: 1 });
    const holder = await store.begin();
    await holder.getForUpdate('a');
    const tx = await store.begin();
    const reading = tx.get('a');
    const committing = tx.commit();
    isBroken = true;
    await holder.commit();
    const failed = await errorOf(reading);
    expect(failed).toMatchObject({ code: 'INVALID_OPTION', cause: broken });
    expect(await errorOf(committing)).toBe(failed);
    expect(await errorOf(tx.get('a'))).toBe(failed);
    expect(tx.status).toBe('aborted');
  });

  it('the error of an operation that the commit waited for, with its code', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const holder = await store.begin();
    await holder.put('a', 1);
    const tx = await store.begin();
    const reading = tx.get('a', { lockTimeout: 10 });
    const committing = tx.commit();
    clock.advance(10);
    const error = await errorOf(reading);
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(await errorOf(committing)).toBe(error);
  });

  it('why the journal did not take the commit, and the code of that', async () => {
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ journal: disk.journal() });
    const full = new MemStoreError('JOURNAL_FULL', 'There is no room left.');
    disk.failNext(full);
    expect(await errorOf(store.put('a', 1))).toMatchObject({
      code: 'JOURNAL_FULL',
      message: 'The journal did not take the commit. There is no room left.',
      cause: full,
    });
    const broken = new Error('EIO');
    disk.failNext(broken);
    expect(await errorOf(store.put('a', 1))).toMatchObject({
      code: 'TRANSACTION_ABORTED',
      message: 'The journal did not take the commit.',
      cause: broken,
    });
  });

  it('why the store could not be opened', async () => {
    const locked = new MemStoreError('JOURNAL_LOCKED', 'Another process has it.');
    const broken = new Error('EIO');
    for (const [cause, code, message] of [
      [locked, 'JOURNAL_LOCKED', 'The store could not be opened. Another process has it.'],
      [broken, 'STORE_CLOSED', 'The store could not be opened.'],
    ] as const) {
      const disk = new MemoryDisk();
      disk.failLoad(cause);
      const store = new MemStore<Numbers>({ journal: disk.journal() });
      expect(await errorOf(store.get('a'))).toMatchObject({ code, message, cause });
    }
  });
});

describe('a snapshot', () => {
  it('ends by itself at the end of its block', async () => {
    const store = new MemStore<Numbers>();
    const snapshot = await store.begin({ readOnly: true });
    await snapshot[Symbol.asyncDispose]();
    expect(snapshot.status).toBe('aborted');
    expect(store.stats().activeSnapshots).toBe(0);
  });

  it('that has ended says how, and ending it again changes nothing', async () => {
    const store = new MemStore<Numbers>();
    const committed = await store.begin({ readOnly: true });
    await committed.commit();
    await committed.rollback();
    expect(committed.status).toBe('committed');
    expect(await errorOf(committed.commit())).toMatchObject({
      code: 'TRANSACTION_CLOSED',
      message: `Transaction ${committed.id} is committed.`,
    });
    const rolledBack = (await store.begin({ readOnly: true })) as Transaction<Numbers>;
    await rolledBack.rollback();
    await rolledBack.rollback();
    expect(rolledBack.status).toBe('aborted');
    for (const late of [rolledBack.commit(), rolledBack.get('a'), rolledBack.put('a', 1)])
      expect(await errorOf(late)).toMatchObject({
        code: 'TRANSACTION_ABORTED',
        message: `Transaction ${rolledBack.id} was rolled back.`,
      });
    expect(store.stats().activeSnapshots).toBe(0);
  });
});

describe('a transaction that has ended', () => {
  it('says so, whatever else is wrong with the call', async () => {
    const store = new MemStore<Numbers>();
    const tx = await store.begin();
    await tx.commit();
    expect(await errorOf(tx.put('a', 1, { ttl: -1 }))).toMatchObject({ code: 'TRANSACTION_CLOSED' });
  });
});

describe('a place among the open transactions', () => {
  it('that is given just before the store is closed is given back', async () => {
    const store = new MemStore<Numbers>({ maxActiveTransactions: 1 });
    const holder = await store.begin();
    const waiting = errorOf(store.begin());
    await turn();
    await Promise.all([holder.commit(), store.close()]);
    expect(await waiting).toMatchObject({ code: 'STORE_CLOSED' });
    expect(store.stats().activeTransactions).toBe(0);
  });
});

describe('close', () => {
  it('waits for every open transaction, snapshots too, and keeps the process alive for so long', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock, idleTimeout: Number.POSITIVE_INFINITY });
    const [first, second] = [await store.begin(), await store.begin()];
    const snapshot = await store.begin({ readOnly: true });
    let isClosed = false;
    const closing = store.close({ drainTimeout: 1_000 }).then(() => {
      isClosed = true;
    });
    expect(clock.keepAliveTimers).toBe(1);
    for (const transaction of [first, snapshot]) {
      await transaction.commit();
      await turn();
      expect([isClosed, second.status]).toEqual([false, 'active']);
    }
    await second.commit();
    await closing;
    expect([clock.keepAliveTimers, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('waits for one of each kind', async () => {
    const store = new MemStore<Numbers>({ clock: new FakeClock() });
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    const closing = store.close({ drainTimeout: 1_000 });
    await turn();
    expect([tx.status, snapshot.status]).toEqual(['active', 'active']);
    await snapshot.commit();
    await turn();
    expect(tx.status).toBe('active');
    await tx.commit();
    await closing;
    const late = await errorOf(store.get('a'));
    expect(late).toMatchObject({ code: 'STORE_CLOSED', message: 'The store is closed.' });
    expect('cause' in (late as Error)).toBe(false);
  });

  it('does not wait when it is told not to, or when nothing is open', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const tx = await store.begin();
    await store.close({ drainTimeout: 0 });
    expect(tx.status).toBe('aborted');
    await new MemStore({ clock }).close({ drainTimeout: 1_000 });
    expect(clock.pendingTimers).toBe(0);
  });
});
