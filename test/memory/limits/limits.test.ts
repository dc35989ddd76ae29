import { getEventListeners } from 'node:events';
import { MemStore, type MemStoreOptions } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collectKeys } from '../../../src/testing/suites/store/collect.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { expectNothingLeft, openStore, turn } from '../open-store.ts';

describe('maxActiveTransactions', () => {
  it('lets begin() wait, and starts waiting transactions in request order', async () => {
    const { store } = openStore({ maxActiveTransactions: 2 });
    const [first, second] = [await store.begin(), await store.begin()];
    const order: number[] = [];
    const waiting = [3, 4, 5].map(async (number) => {
      const tx = await store.begin();
      order.push(number);
      return tx;
    });
    await turn();
    expect(order).toEqual([]);
    expect(store.stats().activeTransactions).toBe(2);
    await second.rollback();
    const third = await waiting[0];
    await turn();
    expect(order).toEqual([3]);
    await first.commit();
    await third?.commit();
    await Promise.all(waiting);
    expect(order).toEqual([3, 4, 5]);
  });

  it('fails a begin that waits too long or must not wait', async () => {
    const opened = openStore({ maxActiveTransactions: 1, idleTimeout: Number.POSITIVE_INFINITY });
    const { store, clock } = opened;
    const holder = await store.begin();
    await assertRejects(store.begin({ lockTimeout: 0 }), 'LIMIT_EXCEEDED');
    const waiting = watch(store.begin({ lockTimeout: 100 }));
    const patient = watch(store.begin());
    await turn();
    expect(clock.keepAliveTimers).toBeGreaterThan(0);
    clock.advance(99);
    await turn();
    expect(waiting.settled).toBe(false);
    clock.advance(1);
    await assertRejects(waiting.promise, 'LIMIT_EXCEEDED');
    await holder.commit();
    await (await patient.promise).commit();
    // The begin that timed out has taken no place.
    await (await store.begin({ lockTimeout: 0 })).commit();
    expectNothingLeft(opened);
  });

  it('cancels a waiting begin when its signal is aborted or the store closes', async () => {
    const { store } = openStore({ maxActiveTransactions: 1 });
    const holder = await store.begin();
    const controller = new AbortController();
    const cancelled = watch(store.begin({ signal: controller.signal }));
    const behind = watch(store.begin());
    await turn();
    controller.abort(new Error('enough'));
    const error = await assertRejects(cancelled.promise, 'ABORTED');
    expect(error).toMatchObject({ name: 'AbortError', cause: new Error('enough') });
    await holder.commit();
    const next = await behind.promise;
    const { signal } = new AbortController();
    const last = watch(store.begin({ signal }));
    await turn();
    // Open transactions may still end by themselves. Waiting begins are refused immediately.
    const closing = store.close({ drainTimeout: 1000 });
    await assertRejects(last.promise, 'STORE_CLOSED');
    expect(next.status).toBe('active');
    await next.commit();
    await closing;
    for (const used of [controller.signal, signal]) expect(getEventListeners(used, 'abort')).toEqual([]);
  });

  it('keeps a begin that got its place before close()', async () => {
    const { store } = openStore({ maxActiveTransactions: 1 });
    const [beginning, closing] = [store.begin(), store.close({ drainTimeout: 1000 })];
    await (await beginning).commit();
    await closing;
  });

  it('exempts snapshots', async () => {
    const { store } = openStore({ maxActiveTransactions: 1 });
    await store.begin();
    const snapshots = [await store.begin({ readOnly: true }), await store.begin({ readOnly: true })];
    for (const snapshot of snapshots) expect(await snapshot.get('k')).toBe(undefined);
    expect(await store.get('k')).toBe(undefined);
    expect(await collectKeys(store.entries())).toEqual([]);
    // The snapshots took no place, so they release none.
    for (const snapshot of snapshots) await snapshot.commit();
    await assertRejects(store.begin({ lockTimeout: 0 }), 'LIMIT_EXCEEDED');
  });

  it('frees the place of a transaction however it ends', async () => {
    const { store, clock } = openStore({ maxActiveTransactions: 2, idleTimeout: 1000 });
    for (let round = 0; round < 3; round++) {
      const [elder, younger] = [await store.begin(), await store.begin()];
      await elder.put('a', 1);
      await younger.put('b', 1);
      const waiting = watch(elder.put('b', 1));
      await assertRejects(younger.put('a', 1), 'DEADLOCK');
      await waiting.promise;
      await elder.rollback();
      await elder.rollback();
    }
    const idle = [await store.begin(), await store.begin()];
    const next = watch(store.begin());
    await turn();
    expect(next.settled).toBe(false);
    clock.advance(2000);
    await next.promise;
    expect(idle.map(({ status }) => status)).toEqual(['aborted', 'aborted']);
    await store.rollbackAll();
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.put('k', index)));
    expect(store.stats().activeTransactions).toBe(0);
    await Promise.all([store.begin({ lockTimeout: 0 }), store.begin({ lockTimeout: 0 })]);
    await assertRejects(store.begin({ lockTimeout: 0 }), 'LIMIT_EXCEEDED');
  });

  it('frees the place that a begin got just before close()', async () => {
    const { store } = openStore({ maxActiveTransactions: 1 });
    const holder = await store.begin();
    const waiting = watch(store.begin());
    await turn();
    await Promise.all([holder.commit(), store.close()]);
    await assertRejects(waiting.promise, 'STORE_CLOSED');
    expect(store.stats().activeTransactions).toBe(0);
  });
});

describe('maxTransactionWrites', () => {
  it('counts written keys, not writes', async () => {
    const { store } = openStore({ maxTransactionWrites: 2 });
    await store.put('b', 'before');
    await store.put('c', 'before');
    const tx = await store.begin();
    for (let round = 0; round < 5; round++) await tx.put('a', round);
    await tx.del('b');
    await assertRejects(tx.put('c', 1), 'LIMIT_EXCEEDED');
    await assertRejects(tx.del('c'), 'LIMIT_EXCEEDED');
    await assertRejects(tx.putMany([['c', 1]]), 'LIMIT_EXCEEDED');
    expect(tx.status).toBe('active');
    await tx.put('a', 'last');
    await tx.put('b', 'too');
    await tx.commit();
    expect(await store.getMany(['a', 'b', 'c'])).toEqual(['last', 'too', 'before']);
  });

  it('refuses all entries of a putMany that exceeds the limit', async () => {
    const { store } = openStore({ maxTransactionWrites: 2 });
    const three = ['a', 'b', 'c'].map((key) => [key, 1] as const);
    await assertRejects(store.putMany(three), 'LIMIT_EXCEEDED');
    const tx = await store.begin();
    await assertRejects(tx.putMany(three), 'LIMIT_EXCEEDED');
    await tx.putMany(three.slice(1));
    await tx.commit();
    expect(await collectKeys(store.entries())).toEqual(['b', 'c']);
  });

  it('excludes the writes that rollbackTo undoes', async () => {
    const { store } = openStore({ maxTransactionWrites: 2 });
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    await tx.put('a', 1);
    await tx.put('b', 1);
    await tx.rollbackTo(savepoint);
    await tx.put('c', 1);
    await tx.put('d', 1);
    await tx.commit();
    expect(await collectKeys(store.entries())).toEqual(['c', 'd']);
  });
});

describe('sizes', () => {
  it('maxKeyLength refuses longer keys in writes, and reads of such keys find nothing', async () => {
    const { store } = openStore({ maxKeyLength: 3 });
    await store.put('abc', 1);
    await assertRejects(store.put('abcd', 1), 'LIMIT_EXCEEDED');
    await assertRejects(
      store.putMany([
        ['a', 1],
        ['abcd', 1],
      ]),
      'LIMIT_EXCEEDED',
    );
    expect(await store.get('abcd')).toBe(undefined);
    expect(await collectKeys(store.entries())).toEqual(['abc']);
  });

  it('maxValueSize refuses larger values of every kind', async () => {
    const { store } = openStore({ maxValueSize: 1000 });
    await store.put('k', { small: 'value', list: [1, 2, 3] });
    const great = [
      'x'.repeat(2000),
      new Uint8Array(2000),
      Array.from({ length: 2000 }, (_, index) => index),
      { nested: { text: 'x'.repeat(2000) } },
      new Map([['k', 'x'.repeat(2000)]]),
      new Set(Array.from({ length: 2000 }, (_, index) => index)),
    ];
    for (const value of great) await assertRejects(store.put('great', value), 'LIMIT_EXCEEDED');
    expect(await collectKeys(store.entries())).toEqual(['k']);
  });

  it('maxValueSize accepts a value of exactly that size', async () => {
    const value = 'x'.repeat(2000);
    const { store: narrow } = openStore({ maxValueSize: 10 });
    const refusal = await assertRejects(narrow.put('k', value), 'LIMIT_EXCEEDED');
    const size = Number(/got about (\d+)/.exec(refusal.message)?.[1]);
    await openStore({ maxValueSize: size }).store.put('k', value);
    await assertRejects(openStore({ maxValueSize: size - 1 }).store.put('k', value), 'LIMIT_EXCEEDED');
  });
});

describe('options of MemStore', () => {
  it.each<[string, unknown[]]>([
    ['lockTimeout', [-1, Number.NaN, '10']],
    ['idleTimeout', [0, -1, Number.NaN, '10']],
    ['maxActiveTransactions', [0, -1, 1.5, Number.NaN, '10']],
    ['maxTransactionWrites', [0, -1, 1.5, Number.NaN, '10']],
    ['maxKeyLength', [-1, 1.5, Number.NaN, '10']],
    ['maxValueSize', [-1, Number.NaN, '10']],
    ['maxHistoryVersions', [-1, 1.5, Number.NaN, '10']],
    ['clone', [true, 'deep', {}]],
    ['random', [0.5, 'dice']],
    ['locks', ['keyLocks', {}]],
    ['shards', ['hashShards', {}]],
    ['cache', ['lru', {}]],
    ['journal', ['lmdb', {}]],
    ['clock', ['real', 5]],
    ['lockTimeOut', [10]],
  ])('%s is checked', (name, values) => {
    for (const value of values) {
      const options = { [name]: value } as MemStoreOptions;
      expect(() => new MemStore(options), `${name}: ${String(value)}`).toThrowError(
        expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(name) }),
      );
    }
  });

  it('may each be undefined', async () => {
    const store = new MemStore({
      lockTimeout: undefined,
      clone: undefined,
      locks: undefined,
      journal: undefined,
    });
    await store.put('k', 1);
    expect(await store.get('k')).toBe(1);
    await store.close();
  });
});
