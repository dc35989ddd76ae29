import { MemStore, MemStoreError } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { turn } from './open-store.ts';

// Each of these was a bug once; the test came before the repair.

describe('a one-shot put', () => {
  it('over an entry whose time is over counts the expiry and tells of it', async () => {
    const clock = new FakeClock();
    let epochMs = 0;
    // The sweeper's timer never fires here, so nobody but the put can notice.
    const stopped = Object.assign(Object.create(clock), { epochMs: () => epochMs, setTimer: () => ({}) });
    const store = new MemStore<Record<string, number>>({ clock: stopped });
    const expired: string[] = [];
    store.on('expire', ({ key }) => expired.push(key));
    await store.put('a', 1, { ttl: 5 });
    epochMs = 20;
    await store.put('a', 2);
    expect(expired).toEqual(['a']);
    expect(store.stats().expirations).toBe(1);
  });

  it('copies the value when it is called, and is seen by what is called next', async () => {
    const store = new MemStore<Record<string, { n: number }>>();
    const value = { n: 1 };
    const put = store.put('a', value);
    value.n = 2;
    expect(await store.get('a')).toEqual({ n: 1 });
    await put;
  });

  it('takes an iterable in when it is called, and once however often it is retried', async () => {
    const store = new MemStore<Record<string, number>>();
    const holder = await store.begin();
    await holder.put('b', 0);
    function* entries(): Generator<[string, number]> {
      yield ['b', 2];
      yield ['a', 1];
    }
    const put = store.putMany(entries());
    await turn();
    // The one-shot holds a and waits for b; the older holder closes the cycle, so that the one-shot is the
    // victim.
    await holder.put('a', 0);
    await holder.commit();
    await put;
    expect(await store.getMany(['a', 'b'])).toEqual([1, 2]);
    expect(store.stats().deadlocks).toBe(1);
  });
});

describe('a lock timeout', () => {
  it('says who waited how long for what, and who has it', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Record<string, number>>({ clock });
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
        `${holder.id} holds. If transaction ${holder.id} is the transaction around this call, ` +
        'pass its `tx` on.',
    });
  });

  it('of a one-shot write within the work does not start the work again', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Record<string, number>>({ clock });
    let runs = 0;
    const run = store.transaction(async (tx) => {
      runs++;
      await tx.put('a', 1);
      await store.put('a', 2);
    });
    await turn();
    clock.advance(10_000);
    await expect(run).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(runs).toBe(1);
  });
});

describe('listeners', () => {
  it('that are async and reject are reported like those that throw', async () => {
    const store = new MemStore<Record<string, number>>();
    const reported: unknown[] = [];
    store.on('listenerError', ({ event, error }) => reported.push([event, error]));
    const boom = new Error('boom');
    store.on('commit', async () => {
      throw boom;
    });
    await store.put('a', 1);
    await turn();
    expect(reported).toEqual([['commit', boom]]);
    expect(store.stats().listenerErrors).toBe(1);
  });

  it('of a deadlock run when the lock manager is done, and may use the store', async () => {
    const store = new MemStore<Record<string, number>>();
    const [elder, younger] = [await store.begin(), await store.begin()];
    await elder.get('a');
    await younger.get('a');
    let duringBlock = true;
    const seen: boolean[] = [];
    store.on('deadlock', () => seen.push(duringBlock));
    store.on('rollback', () => seen.push(duringBlock));
    const first = elder.put('a', 1);
    const second = younger.put('a', 2);
    duringBlock = false;
    await expect(second).rejects.toMatchObject({ code: 'DEADLOCK' });
    await first;
    expect(seen).toEqual([false, false]);
  });

  it('and options that do not exist are refused', () => {
    const store = new MemStore();
    expect(() => store.on('comit' as 'commit', () => {})).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(() => store.on('commit', 5 as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new MemStore({ lockTimout: 1 } as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('lockTimout') }),
    );
  });
});

describe('operations that nobody awaits', () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

  beforeEach(() => {
    unhandled.length = 0;
    process.on('unhandledRejection', onUnhandled);
  });
  afterEach(() => void process.off('unhandledRejection', onUnhandled));

  it('are no unhandled rejections when their transaction ends, or its commit says what failed', async () => {
    const store = new MemStore<Record<string, number>>({ lockTimeout: 5 });
    const holder = await store.begin();
    await holder.put('a', 1);
    const rolledBack = await store.begin();
    void rolledBack.get('a');
    void rolledBack.put('b', 1);
    await rolledBack.rollback();
    const failing = await store.begin();
    void failing.get('a');
    await expect(failing.commit()).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    const open = await store.begin();
    void open.get('a');
    await store.close();
    await turn();
    expect(unhandled).toEqual([]);
  });
});

describe('close', () => {
  it('that was asked for badly can be asked for again', async () => {
    const store = new MemStore();
    await expect(store.close({ drainTimeout: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await store.close();
    await expect(store.begin()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});
