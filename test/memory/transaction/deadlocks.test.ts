import { keyLocks, type MemStoreError } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { drive, expectNothingLeft, openStore, turn } from '../open-store.ts';

describe('a deadlock', () => {
  it('is detected in the call that closes it, and the victim is aborted synchronously', async () => {
    const { store } = openStore();
    const [elder, younger] = [await store.begin(), await store.begin()];
    await elder.put('a', 1);
    await younger.put('b', 1);
    await younger.put('c', 1);
    const waiting = watch(elder.put('b', 2));
    await turn();
    const failing = watch(younger.put('a', 2));
    expect(younger.status).toBe('aborted');
    expect(store.locks()).toEqual({
      held: [
        { transactionId: elder.id, key: 'a', mode: 'exclusive' },
        { transactionId: elder.id, key: 'b', mode: 'exclusive' },
      ],
      waiting: [],
    });
    await assertRejects(failing.promise, 'DEADLOCK');
    await waiting.promise;
    expect(await store.get('c')).toBe(undefined);
  });

  it('is reported with its cycle: the transactions, and the key or range and mode that each waits for', async () => {
    const { store } = openStore();
    const events: unknown[] = [];
    const rollbacks: unknown[] = [];
    store.on('deadlock', (event) => events.push(event));
    store.on('rollback', (event) => rollbacks.push(event));
    const [one, two, three] = [await store.begin(), await store.begin(), await store.begin()];
    await one.put('a', 1);
    await collect(two.entries({ gte: 'm', lt: 'n' }));
    await three.get('c');
    const waiting = [watch(one.put('m1', 1)), watch(two.put('c', 1))];
    await turn();
    const error = (await assertRejects(
      collect(three.entries({ gte: 'a', lt: 'b' })),
      'DEADLOCK',
    )) as MemStoreError;
    const cycle = [
      { transactionId: three.id, range: { from: 'a', to: 'b' }, mode: 'shared' },
      { transactionId: one.id, key: 'm1', mode: 'exclusive' },
      { transactionId: two.id, key: 'c', mode: 'exclusive' },
    ];
    const { cycle: told = [] } = error;
    const start = told.findIndex(({ transactionId }) => transactionId === three.id);
    expect([...told.slice(start), ...told.slice(0, start)]).toEqual(cycle);
    expect(events).toEqual([{ victimId: three.id, cycle: told }]);
    expect(rollbacks).toEqual([{ transactionId: three.id, cause: error }]);
    expect(store.stats()).toMatchObject({ deadlocks: 1, rollbacks: 1 });
    await waiting[1]?.promise;
    await two.commit();
    await waiting[0]?.promise;
  });

  it('of a reader and a writer of the same range has a victim too', async () => {
    const { store } = openStore();
    const [elder, younger] = [await store.begin(), await store.begin()];
    await collect(elder.entries({ prefix: 'p' }));
    await collect(younger.entries({ prefix: 'p' }));
    const waiting = watch(elder.put('p1', 'elder'));
    await turn();
    await assertRejects(younger.put('p2', 'younger'), 'DEADLOCK');
    await waiting.promise;
    await elder.commit();
    expect(await collect(store.entries())).toEqual([['p1', 'elder']]);
  });
});

describe('a request that closes two cycles', () => {
  it('has a victim in each cycle', async () => {
    const { store } = openStore();
    const [elder, left, right] = [await store.begin(), await store.begin(), await store.begin()];
    await elder.put('k1', 1);
    await elder.put('k2', 1);
    await left.get('x');
    await right.get('x');
    const waiting = [watch(left.put('k1', 2)), watch(right.put('k2', 2))];
    await turn();
    const victims: number[] = [];
    store.on('deadlock', ({ victimId }) => victims.push(victimId));
    await elder.put('x', 1);
    for (const { promise } of waiting) await assertRejects(promise, 'DEADLOCK');
    expect(victims.toSorted()).toEqual([left.id, right.id]);
    await elder.commit();
  });

  it('has its own transaction as the only victim if that breaks both cycles', async () => {
    const { store } = openStore();
    const [elder, closer, younger] = [await store.begin(), await store.begin(), await store.begin()];
    await closer.put('k1', 1);
    await closer.put('k2', 1);
    await younger.get('x');
    await elder.get('x');
    const waiting = [watch(younger.put('k2', 2)), watch(elder.put('k1', 2))];
    await turn();
    // Aborting the younger transaction breaks one cycle only. Aborting the requester breaks both.
    await assertRejects(closer.put('x', 1), 'DEADLOCK');
    for (const { promise } of waiting) await promise;
    expect(store.stats().deadlocks).toBe(1);
    expect([elder.status, younger.status]).toEqual(['active', 'active']);
  });

  it('has one victim if that breaks both cycles', async () => {
    const { store } = openStore();
    const [left, right, younger] = [await store.begin(), await store.begin(), await store.begin()];
    await younger.put('k1', 1);
    await younger.put('k2', 1);
    await left.get('x');
    await right.get('x');
    const waiting = [watch(left.put('k1', 2)), watch(right.put('k2', 2))];
    await turn();
    await assertRejects(younger.put('x', 1), 'DEADLOCK');
    for (const { promise } of waiting) await promise;
    expect(store.stats().deadlocks).toBe(1);
  });

  it('has one victim that is on both cycles, and spares the youngest transaction of one cycle', () => {
    const aborted: number[] = [];
    const manager = keyLocks().create({
      abortVictim({ id }) {
        aborted.push(id);
        sessions[id]?.withdraw(new Error('victim'));
        sessions[id]?.releaseAll();
      },
    });
    const sessions = [0, 1, 2, 3, 4].map((id) => manager.session({ id, age: id }));
    const [, requester, partner, second, first] = sessions;
    const ignore = (promise: Promise<void> | undefined): void => void promise?.catch(() => {});
    first?.lock('k', 'shared');
    partner?.lock('k', 'shared');
    second?.lock('y', 'exclusive');
    requester?.lock('x', 'exclusive');
    ignore(second?.lock('k', 'exclusive'));
    ignore(first?.lock('x', 'shared'));
    ignore(partner?.lock('x', 'shared'));
    ignore(requester?.lock('y', 'exclusive'));
    // Transaction 3 is on both cycles, so transaction 4 is spared, although it is the youngest of one cycle.
    expect(aborted).toEqual([3]);
  });
});

it('aborts no transaction if another order of the queue unblocks all of them', async () => {
  const opened = openStore();
  const { store } = opened;
  // The transaction that holds m and reads k meets a queue in which a scan and a writer wait for this
  // transaction.
  const [one, two, three] = [await store.begin(), await store.begin(), await store.begin()];
  await one.put('m', 1);
  await one.get('k');
  const waiting = [watch(collect(two.entries({ gte: 'a', lt: 'z' }))), watch(three.put('k', 3))];
  await turn();
  for (const key of ['b', 'c', 'k', 'y']) await one.put(key, 1);
  await one.commit();
  await turn();
  // The scan requested the whole range first, so it goes before the writer.
  await waiting[0]?.promise;
  await two.commit();
  await waiting[1]?.promise;
  await three.commit();
  expect(store.stats().deadlocks).toBe(0);
  expect(await store.get('k')).toBe(3);
  expectNothingLeft(opened);
});

it('aborts no transaction that only waits for a chain of others', async () => {
  const { store } = openStore();
  const chain = [];
  for (let index = 0; index < 50; index++) {
    const tx = await store.begin();
    await tx.put(`k${index}`, index);
    chain.push(tx);
  }
  const waiting = chain.map((tx, index) => watch(index === 0 ? Promise.resolve() : tx.get(`k${index - 1}`)));
  await turn();
  for (const [index, tx] of chain.entries()) {
    await waiting[index]?.promise;
    await tx.commit();
  }
  expect(store.stats().deadlocks).toBe(0);
});

it('lets a retry that keeps its age win eventually', async () => {
  const { store, clock } = openStore();
  const attempts: number[] = [];
  let rivals = 0;
  const elder = await store.begin();
  await elder.rollback();
  const work = store.transaction(async (tx) => {
    attempts.push(tx.age);
    await tx.put('b', 'mine');
    if (rivals < 3) {
      // Transactions that began before the first attempt win against the retry. Later transactions lose
      // against it.
      rivals++;
      const rival = await store.begin(rivals === 1 ? { age: elder.age } : {});
      await rival.put('a', 'rival');
      const waiting = watch(rival.put('b', 'rival'));
      try {
        await tx.put('a', 'mine');
      } finally {
        await waiting.promise.catch(() => undefined);
        await rival.rollback();
      }
    }
    await tx.put('a', 'mine');
  });
  await drive(clock, work);
  expect(new Set(attempts).size).toBe(1);
  expect(attempts).toHaveLength(2);
  expect(await store.getMany(['a', 'b'])).toEqual(['mine', 'mine']);
});

it.each([0, 2])('begin() accepts only the age of an earlier transaction, and not %s', async (age) => {
  const { store } = openStore();
  await (await store.begin()).commit();
  await assertRejects(store.begin({ age }), 'INVALID_OPTION');
});

it('ends by lockTimeout if a wait outside the store closes the cycle', async () => {
  const { store, clock } = openStore();
  const holder = await store.begin();
  await holder.put('k', 1);
  const waiter = await store.begin();
  const waiting = watch(waiter.put('k', 2));
  // The holder waits for the waiter through a promise of the application.
  const holding = watch(waiting.promise.then(() => holder.commit()));
  await turn();
  clock.advance(9_999);
  await turn();
  expect(waiting.settled).toBe(false);
  clock.advance(1);
  await assertRejects(waiting.promise, 'LOCK_TIMEOUT');
  await assertRejects(holding.promise, 'LOCK_TIMEOUT');
  expect(store.stats()).toMatchObject({ lockTimeouts: 1, deadlocks: 0 });
  await holder.commit();
  await waiter.put('k', 2);
  await waiter.commit();
});
