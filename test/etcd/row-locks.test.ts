import type { Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { useCluster } from './use-cluster.ts';

type AnyTransaction = Transaction<Record<string, unknown>>;

/**
 * Returns whether the promise is still pending after another client has made a few round trips to the
 * cluster.
 */
async function isPending(
  promise: Promise<unknown>,
  others: { get(key: string): Promise<unknown> },
): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  for (let count = 0; count < 5; count++) await others.get('somewhere else');
  return !settled;
}

const code = (name: string): unknown => expect.objectContaining({ code: name });

const waits: Readonly<Record<string, (tx: AnyTransaction, options?: object) => Promise<unknown>>> = {
  getForUpdate: (tx, options) => tx.getForUpdate('k', options),
  'a scan for update': async (tx, options) => {
    for await (const [, value] of tx.entries({ prefix: 'k', forUpdate: true, ...options })) return value;
    return undefined;
  },
};

describe.skipIf(missingEtcd)(`row locks${skipNote(missingEtcd)}`, () => {
  const { open, newPrefix } = useCluster(1);

  for (const [name, read] of Object.entries(waits)) {
    it(`${name} waits for the holder of the row, also in another process, and reads what it committed`, async () => {
      const prefix = newPrefix();
      const [here, there] = [await open({ prefix }), await open({ prefix })];
      await here.put('k', 1);
      const holder = await here.begin();
      expect(await holder.getForUpdate('k')).toBe(1);
      const waiter = await there.begin();
      const reading = read(waiter);
      expect(await isPending(reading, here)).toBe(true);
      await holder.put('k', 2);
      await holder.commit();
      expect(await reading).toBe(2);
      await waiter.put('k', 3);
      await waiter.commit();
      expect(await here.get('k')).toBe(3);
    });

    it(`${name} with lockTimeout 0 fails, and its transaction stays active`, async () => {
      const store = await open();
      await store.put('k', 1);
      const holder = await store.begin();
      await holder.getForUpdate('k');
      const tx = await store.begin();
      await expect(read(tx, { lockTimeout: 0 })).rejects.toEqual(code('LOCK_UNAVAILABLE'));
      expect(tx.status).toBe('active');
      await holder.rollback();
      expect(await read(tx, { lockTimeout: 0 })).toBe(1);
      await tx.commit();
    });

    it(`${name} leaves the queue when its lockTimeout has passed`, async () => {
      const clock = new FakeClock();
      const prefix = newPrefix();
      const [store, others] = [await open({ prefix, clock }), await open({ prefix })];
      await others.put('k', 1);
      const holder = await others.begin();
      await holder.getForUpdate('k');
      const tx = await store.begin();
      const reading = read(tx, { lockTimeout: 1_000 });
      expect(await isPending(reading, others)).toBe(true);
      clock.advance(1_000);
      await expect(reading).rejects.toEqual(code('LOCK_TIMEOUT'));
      await holder.rollback();
      const next = await others.begin({ lockTimeout: 0 });
      expect(await next.getForUpdate('k')).toBe(1);
      await next.rollback();
      expect(tx.status).toBe('active');
      await tx.rollback();
    });

    it(`${name} leaves the queue when its signal is aborted`, async () => {
      const store = await open();
      await store.put('k', 1);
      const holder = await store.begin();
      await holder.getForUpdate('k');
      const tx = await store.begin();
      const controller = new AbortController();
      const reading = read(tx, { signal: controller.signal });
      expect(await isPending(reading, store)).toBe(true);
      controller.abort(new Error('enough'));
      await expect(reading).rejects.toEqual(code('ABORTED'));
      await tx.commit();
      await holder.rollback();
      const next = await store.begin({ lockTimeout: 0 });
      expect(await next.getForUpdate('k')).toBe(1);
    });
  }

  it('waiters get the row in request order', async () => {
    const store = await open();
    const holder = await store.begin();
    await holder.getForUpdate('k');
    const order: number[] = [];
    const waiters: Promise<void>[] = [];
    for (let number = 0; number < 4; number++) {
      const tx = await store.begin();
      const reading = tx.getForUpdate('k');
      waiters.push(
        reading.then(async () => {
          order.push(number);
          await tx.commit();
        }),
      );
      expect(await isPending(reading, store)).toBe(true);
    }
    await holder.commit();
    await Promise.all(waiters);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  it('rollback and close() end waiting operations', async () => {
    const prefix = newPrefix();
    const [here, there] = [await open({ prefix }), await open({ prefix })];
    const holder = await here.begin();
    await holder.getForUpdate('k');
    const [first, second] = [await there.begin(), await there.begin()];
    const reading = [first.getForUpdate('k'), second.getForUpdate('k')] as const;
    for (const promise of reading) expect(await isPending(promise, here)).toBe(true);
    await first.rollback();
    await expect(reading[0]).rejects.toEqual(code('TRANSACTION_ABORTED'));
    await there.close();
    await expect(reading[1]).rejects.toEqual(code('STORE_CLOSED'));
    await holder.rollback();
    const next = await here.begin({ lockTimeout: 0 });
    await next.getForUpdate('k');
  });

  it('a commit waits for a waiting operation, and fails with it', async () => {
    const store = await open();
    await store.put('k', 1);
    const holder = await store.begin();
    await holder.getForUpdate('k');
    const tx = await store.begin();
    await tx.put('mine', 1);
    const reading = tx.getForUpdate('k');
    const committing = tx.commit();
    expect(await isPending(committing, store)).toBe(true);
    await holder.commit();
    expect(await reading).toBe(1);
    await committing;
    expect(await store.get('mine')).toBe(1);

    const again = await store.begin();
    await again.getForUpdate('k');
    const loser = await store.begin();
    await loser.put('mine', 2);
    const refused = loser.getForUpdate('k', { lockTimeout: 0 });
    const failing = loser.commit();
    await expect(refused).rejects.toEqual(code('LOCK_UNAVAILABLE'));
    await expect(failing).rejects.toEqual(code('LOCK_UNAVAILABLE'));
    expect(await store.get('mine')).toBe(1);
  });

  it('workers on a job queue never get the same job, also in different processes', async () => {
    const prefix = newPrefix();
    const [here, there] = [await open({ prefix }), await open({ prefix })];
    await here.putMany(Array.from({ length: 5 }, (_, index) => [`job:${index}`, index] as const));
    const take = { prefix: 'job:', forUpdate: true, skipLocked: true, limit: 2 } as const;
    const taken: string[][] = [];
    const workers = [await here.begin(), await there.begin(), await here.begin()];
    for (const worker of workers) {
      const keys: string[] = [];
      for await (const [key] of worker.entries(take)) {
        keys.push(key);
        await worker.del(key);
      }
      taken.push(keys);
    }
    expect(taken).toEqual([['job:0', 'job:1'], ['job:2', 'job:3'], ['job:4']]);
    await workers[1]?.rollback();
    for (const worker of [workers[0], workers[2]]) await worker?.commit();
    const left: string[] = [];
    for await (const [key] of here.entries()) left.push(key);
    expect(left).toEqual(['job:2', 'job:3']);
  });

  it('an idle transaction is rolled back, and its rows are free', async () => {
    const clock = new FakeClock();
    const prefix = newPrefix();
    const [store, others] = [await open({ prefix, clock, idleTimeout: 1_000 }), await open({ prefix })];
    const idle = await store.begin();
    await idle.getForUpdate('k');
    for (let step = 0; step < 8; step++) clock.advance(250);
    await expect(idle.get('k')).rejects.toEqual(code('TRANSACTION_EXPIRED'));
    const next = await others.begin();
    expect(await next.getForUpdate('k')).toBeUndefined();
  });

  it('the idleTimeout of a begin overrides that of the store, shorter or longer', async () => {
    const clock = new FakeClock();
    const store = await open({ prefix: newPrefix(), clock, idleTimeout: 1_000 });
    expect(store.idleTimeout).toBe(1_000);
    const timeouts = [undefined, 100, 10_000, Number.POSITIVE_INFINITY];
    const transactions = await Promise.all(timeouts.map((idleTimeout) => store.begin({ idleTimeout })));
    const statusesAfter = (ms: number): string[] => {
      clock.advance(ms);
      return transactions.map(({ status }) => status);
    };
    const [here, gone] = ['active', 'aborted'];
    expect(statusesAfter(99)).toEqual([here, here, here, here]);
    expect(statusesAfter(51)).toEqual([here, gone, here, here]);
    expect(statusesAfter(1_200)).toEqual([gone, gone, here, here]);
    expect(statusesAfter(8_000)).toEqual([gone, gone, here, here]);
    expect(statusesAfter(4_000)).toEqual([gone, gone, gone, here]);
    expect(statusesAfter(1e9)).toEqual([gone, gone, gone, here]);
  });
});
