import { expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { openStore, turn } from '../open-store.ts';

it('requests the next lock when the previous one is granted', async () => {
  const { store } = openStore();
  const holder = await store.begin();
  await holder.put('a', 'held');
  const tx = await store.begin();
  const [first, second] = [watch(tx.put('a', 1)), watch(tx.put('b', 1))];
  await turn();
  const own = () => store.locks().held.filter(({ transactionId }) => transactionId === tx.id);
  expect(own()).toEqual([]);
  expect(store.stats().waitingOperations).toBe(1);
  await holder.rollback();
  await Promise.all([first.promise, second.promise]);
  expect(own().map(({ key }) => key)).toEqual(['a', 'b']);
});

it('counts lockTimeout from the request of the lock, not from the call', async () => {
  const { store, clock } = openStore();
  const [one, two] = [await store.begin(), await store.begin()];
  await one.put('a', 'held');
  await two.put('b', 'held');
  const tx = await store.begin();
  const first = watch(tx.put('a', 1, { lockTimeout: 1000 }));
  const second = watch(tx.put('b', 1, { lockTimeout: 100 }));
  await turn();
  clock.advance(500);
  await turn();
  expect([first.settled, second.settled]).toEqual([false, false]);
  await one.rollback();
  await first.promise;
  await turn();
  clock.advance(99);
  await turn();
  expect(second.settled).toBe(false);
  clock.advance(1);
  await assertRejects(second.promise, 'LOCK_TIMEOUT');
  expect(tx.status).toBe('active');
});

it('tries a lock without waiting when its turn comes, not when it is called', async () => {
  const { store } = openStore();
  const [one, two] = [await store.begin(), await store.begin()];
  await one.put('a', 'held');
  await two.put('b', 'held');
  const tx = await store.begin();
  const first = watch(tx.put('a', 1));
  const second = watch(tx.put('b', 1, { lockTimeout: 0 }));
  await turn();
  expect(second.settled).toBe(false);
  await two.rollback();
  await one.rollback();
  await first.promise;
  await second.promise;
});

it('a signal cancels an operation in the middle of the queue', async () => {
  const { store } = openStore();
  const holder = await store.begin();
  await holder.put('a', 'held');
  const tx = await store.begin();
  const controller = new AbortController();
  const first = watch(tx.put('a', 1));
  const second = watch(tx.put('b', 1, { signal: controller.signal }));
  const third = watch(tx.put('c', 1));
  await turn();
  controller.abort();
  await assertRejects(second.promise, 'ABORTED');
  expect([first.settled, third.settled]).toEqual([false, false]);
  await holder.rollback();
  await Promise.all([first.promise, third.promise]);
  await tx.commit();
  expect(await store.getMany(['a', 'b', 'c'])).toEqual([1, undefined, 1]);
});

it('a failed wait does not stop the operations behind it', async () => {
  const { store, clock } = openStore();
  const holder = await store.begin();
  await holder.put('a', 'held');
  const tx = await store.begin();
  const first = watch(tx.put('a', 1, { lockTimeout: 10 }));
  const second = watch(tx.put('b', 1));
  await turn();
  clock.advance(10);
  await assertRejects(first.promise, 'LOCK_TIMEOUT');
  await second.promise;
  await tx.commit();
  expect(await store.get('b')).toBe(1);
});

it('a commit that waits for an operation may still be a deadlock victim', async () => {
  const { store } = openStore();
  const [elder, younger] = [await store.begin(), await store.begin()];
  await elder.put('a', 'elder');
  await younger.put('b', 'younger');
  const putting = watch(younger.put('a', 'younger'));
  const committing = watch(younger.commit());
  await turn();
  await elder.put('b', 'elder');
  await assertRejects(putting.promise, 'DEADLOCK');
  await assertRejects(committing.promise, 'DEADLOCK');
  expect(younger.status).toBe('aborted');
  await elder.commit();
  expect(await store.getMany(['a', 'b'])).toEqual(['elder', 'elder']);
});

it('a commit fails with the timeout of the operation that it waits for', async () => {
  const { store, clock } = openStore();
  const holder = await store.begin();
  await holder.put('a', 'held');
  const tx = await store.begin();
  await tx.put('b', 1);
  const putting = watch(tx.put('a', 1));
  const committing = watch(tx.commit());
  await turn();
  clock.advance(10_000);
  await assertRejects(putting.promise, 'LOCK_TIMEOUT');
  await assertRejects(committing.promise, 'LOCK_TIMEOUT');
  expect(tx.status).toBe('aborted');
  expect(store.locks().held.map(({ transactionId }) => transactionId)).toEqual([holder.id]);
  expect(await store.get('b')).toBe(undefined);
});

it('a rollbackTo after the commit was called is refused, and the commit succeeds', async () => {
  const { store } = openStore();
  const writer = await store.begin();
  await writer.put('k', 1);
  const tx = await store.begin();
  const savepoint = await tx.savepoint();
  const reading = tx.get('k');
  const committing = tx.commit();
  await assertRejects(tx.rollbackTo(savepoint), 'TRANSACTION_CLOSED');
  await writer.commit();
  expect(await reading).toBe(1);
  await committing;
});

it('a commit rejects with the same error as the operation that it waits for', async () => {
  const { store, clock } = openStore();
  const holder = await store.begin();
  await holder.put('a', 1);
  const tx = await store.begin();
  const reading = tx.get('a', { lockTimeout: 10 });
  const committing = tx.commit();
  clock.advance(10);
  const error = await assertRejects(reading, 'LOCK_TIMEOUT');
  expect(await assertRejects(committing, 'LOCK_TIMEOUT')).toBe(error);
});

it('a commit fails with the error of the cloner in an operation that it waits for', async () => {
  const broken = new TypeError('cannot copy');
  let isBroken = false;
  const clone = <T>(value: T): T => {
    if (isBroken) throw broken;
    return structuredClone(value);
  };
  const { store } = openStore({ clone });
  await store.put('a', { n: 1 });
  const holder = await store.begin();
  await holder.getForUpdate('a');
  const tx = await store.begin();
  const reading = tx.get('a');
  const committing = tx.commit();
  isBroken = true;
  await holder.commit();
  const failed = await assertRejects(reading, 'INVALID_OPTION');
  expect(failed.cause).toBe(broken);
  expect(await assertRejects(committing, 'INVALID_OPTION')).toBe(failed);
  expect(await assertRejects(tx.get('a'), 'INVALID_OPTION')).toBe(failed);
  expect(tx.status).toBe('aborted');
});
