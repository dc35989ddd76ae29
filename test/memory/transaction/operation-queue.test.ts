import { lru, MemStore, MemStoreError } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../../journal/memory-disk.ts';
import { turn } from '../open-store.ts';

type Numbers = Record<string, number>;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof MemStoreError ? error.code : String(error)),
  );
}

describe('an operation that is cancelled', () => {
  it('behind another one does not affect that one', async () => {
    const store = new MemStore<Numbers>();
    const holder = await store.begin();
    await holder.put('a', 1);
    const tx = await store.begin();
    const first = tx.get('a');
    const controller = new AbortController();
    const second = codeOf(tx.get('b', { signal: controller.signal }));
    const third = tx.get('c');
    controller.abort();
    expect(await second).toBe('ABORTED');
    expect(store.locks().waiting).toHaveLength(1);
    expect(store.stats()).toMatchObject({ waitingOperations: 1, lockWaits: 1 });
    await holder.commit();
    expect(await Promise.all([first, third])).toEqual([1, undefined]);
    expect(store.stats()).toMatchObject({ waitingOperations: 0, lockWaits: 1 });
    await tx.commit();
  });

  it('before the commit is called does not fail the commit, even in the same turn', async () => {
    const store = new MemStore<Numbers>();
    const holder = await store.begin();
    await holder.put('a', 1);
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    await tx.put('b', 1);
    const reading = codeOf(tx.get('a'));
    const undoing = tx.rollbackTo(savepoint);
    const committing = tx.commit();
    expect(await reading).toBe('ABORTED');
    await Promise.all([undoing, committing]);
    expect(tx.status).toBe('committed');
    expect(await store.get('b')).toBeUndefined();
  });
});

describe('lockTimeout 0', () => {
  it('of an operation overrides that of its transaction, and vice versa', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const holder = await store.begin();
    await holder.put('a', 1);
    await holder.put('b', 1);
    const impatient = await store.begin({ lockTimeout: 0 });
    const waiting = codeOf(impatient.get('a', { lockTimeout: 100 }));
    await turn();
    expect(store.stats().waitingOperations).toBe(1);
    clock.advance(100);
    expect(await waiting).toBe('LOCK_TIMEOUT');
    expect(await codeOf(impatient.get('b'))).toBe('LOCK_UNAVAILABLE');

    const patient = await store.begin();
    expect(await codeOf(patient.get('a', { lockTimeout: 0 }))).toBe('LOCK_UNAVAILABLE');
    const reading = patient.get('b');
    await turn();
    expect(store.stats().waitingOperations).toBe(1);
    await holder.commit();
    expect(await reading).toBe(1);
  });

  it('does not apply to the journal, because that is not a wait for a lock', async () => {
    const clock = new FakeClock();
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ clock, journal: disk.journal(), lockTimeout: 10 });
    const tx = await store.begin();
    await tx.put('a', 1);
    disk.hold();
    const committing = tx.commit();
    await disk.held(1);
    expect(store.stats()).toMatchObject({ waitingOperations: 0, lockWaits: 0 });
    clock.advance(1_000_000);
    await turn();
    expect(tx.status).toBe('committing');
    disk.release();
    await committing;
    expect(store.stats().lockTimeouts).toBe(0);
  });
});

describe('the error of a lock wait', () => {
  it('names the range, and a holder only if there is one', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const [writer, reader] = [await store.begin(), await store.begin()];
    await writer.put('a', 1);
    await reader.get('s');
    const [scanner, second] = [await store.begin(), await store.begin()];
    const errors = [
      scanner.entries({ prefix: 'a', lockTimeout: 20 }).next(),
      second.put('s', 1, { lockTimeout: 20 }),
    ].map((promise) => promise.catch((error: unknown) => error));
    await turn();
    clock.advance(20);
    const advice =
      'If this call runs inside the transaction that holds it, use the `tx` of that transaction.';
    expect((await Promise.all(errors)).map((error) => (error as Error).message)).toEqual([
      `Transaction ${scanner.id} waited 20 ms for the shared lock on the range from "a". ${advice}`,
      `Transaction ${second.id} waited 20 ms for the exclusive lock on "s". ${advice}`,
    ]);
    expect(store.stats().lockTimeouts).toBe(2);
  });

  it('names the waiter, the length of the wait, the lock and its holder', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const holder = await store.begin();
    await holder.put('account:1', 1);
    const waiter = await store.begin();
    const reading = waiter.get('account:1', { lockTimeout: 30 });
    clock.advance(30);
    const error = await reading.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MemStoreError);
    expect(error).toMatchObject({
      code: 'LOCK_TIMEOUT',
      transactionId: waiter.id,
      message:
        `Transaction ${waiter.id} waited 30 ms for the shared lock on "account:1", which transaction ` +
        `${holder.id} holds. If this call runs inside transaction ${holder.id}, use the \`tx\` of that ` +
        'transaction.',
    });
  });
});

describe('the open transactions', () => {
  it('can all be found, in whatever order others have ended', async () => {
    for (const ending of [[0], [1], [2], [3], [0, 3], [3, 0], [1, 2], [2, 1], [0, 1, 2], [3, 2, 1]]) {
      const store = new MemStore<Numbers>();
      const open = [];
      for (let number = 0; number < 4; number++) open.push(await store.begin());
      for (const number of ending) await open[number]?.commit();
      await store.rollbackAll();
      expect(open.map(({ status }) => status)).toEqual(
        open.map((_, number) => (ending.includes(number) ? 'committed' : 'aborted')),
      );
      expect(store.stats().activeTransactions).toBe(0);
    }
  });
});

describe('the remaining TTL of a write of the same transaction', () => {
  it('comes from its put, or from the cache if the put has none', async () => {
    const store = new MemStore<Numbers>({ cache: lru({ max: 10, ttl: 500 }) });
    const tx = await store.begin();
    await tx.put('own', 1, { ttl: 100 });
    await tx.put('default', 1);
    await tx.put('deleted', 1);
    await tx.del('deleted');
    const times = [];
    for (const key of ['own', 'default', 'deleted', 'absent']) times.push(await tx.ttl(key));
    expect(times).toEqual([100, 500, undefined, undefined]);
  });
});

describe('the number of writes', () => {
  it('counts a key once, and does not count keys that were written before', async () => {
    const store = new MemStore<Numbers>({ maxTransactionWrites: 3 });
    const tx = await store.begin();
    await tx.put('a', 1);
    await tx.putMany([
      ['a', 2],
      ['b', 1],
      ['b', 2],
      ['c', 1],
    ]);
    expect(await codeOf(tx.putMany([['d', 1]]))).toBe('LIMIT_EXCEEDED');
    expect(await codeOf(tx.put('d', 1))).toBe('LIMIT_EXCEEDED');
    await tx.put('c', 2);
    await tx.commit();
    expect(await store.getMany(['a', 'b', 'c', 'd'])).toEqual([2, 2, 2, undefined]);
  });
});

describe('an operation of a transaction that has ended', () => {
  it('is refused for that reason even if its options are invalid', async () => {
    const store = new MemStore<Numbers>();
    const tx = await store.begin();
    await tx.commit();
    expect(await codeOf(tx.put('a', 1, { ttl: -1 }))).toBe('TRANSACTION_CLOSED');
  });
});
