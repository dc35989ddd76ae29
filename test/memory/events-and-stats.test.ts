import { lru, MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../src/testing/assert.ts';
import { watch } from '../../src/testing/suites/store/watch.ts';
import { openStore, turn } from './open-store.ts';

describe('events', () => {
  it('report commits and rollbacks after the state has changed', async () => {
    const { store } = openStore();
    const seen: unknown[] = [];
    store.on('commit', ({ transactionId, writes }) => seen.push(['commit', transactionId, writes]));
    store.on('rollback', ({ transactionId, cause }) => seen.push(['rollback', transactionId, cause.code]));
    const committed = await store.begin();
    await committed.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    await committed.del('a');
    await committed.commit();
    const rolledBack = await store.begin();
    await rolledBack.put('a', 1);
    await rolledBack.rollback();
    const snapshot = await store.begin({ readOnly: true });
    await snapshot.rollback();
    expect(seen.slice(0, 2)).toEqual([
      ['commit', committed.id, 2],
      ['rollback', rolledBack.id, 'TRANSACTION_ABORTED'],
    ]);
    expect(seen).toHaveLength(2);
  });

  it('report a commit before its evictions', async () => {
    const { store } = openStore({ cache: lru({ max: 2 }) });
    const seen: unknown[] = [];
    store.on('commit', ({ writes }) => seen.push(['commit', writes]));
    store.on('rollback', () => seen.push('rollback'));
    store.on('evict', ({ key }) => seen.push(['evict', key]));
    await store.transaction(async (tx) => {
      for (const key of ['a', 'b', 'c']) await tx.put(key, 1);
    });
    await store.put('d', 1);
    // The locked entry is evicted when a rollback unlocks it.
    const reader = await store.begin();
    await reader.getMany(['c', 'd']);
    await store.put('e', 1);
    await reader.rollback();
    await turn();
    expect(seen).toEqual([
      ['commit', 3],
      ['evict', 'a'],
      ['commit', 1],
      ['evict', 'b'],
      ['commit', 1],
      'rollback',
      ['evict', 'c'],
    ]);
  });

  it('call a listener until it is removed, and a once() listener a single time', async () => {
    const { store } = openStore();
    let [always, once] = [0, 0];
    const listener = (): void => {
      always++;
    };
    store.on('commit', listener);
    store.once('commit', () => once++);
    await store.put('k', 1);
    await store.put('k', 2);
    store.off('commit', listener);
    await store.put('k', 3);
    expect([always, once]).toEqual([2, 1]);
  });

  it('are not emitted for a commit without writes', async () => {
    const { store } = openStore();
    const seen: unknown[] = [];
    store.on('commit', ({ writes }) => seen.push(writes));
    await store.transaction((tx) => tx.get('k'));
    await store.transaction(async (tx) => {
      const savepoint = await tx.savepoint();
      await tx.put('k', 1);
      await tx.rollbackTo(savepoint);
      await tx.del('absent');
    });
    await store.put('k', 1);
    await turn();
    expect(seen).toEqual([1]);
    expect(store.stats().commits).toBe(3);
  });

  it.each([
    ['commit', (store: MemStore) => store.put('k', 1)],
    ['rollback', (store: MemStore) => store.begin().then((tx) => tx.rollback())],
  ] as const)(
    'a listener of %s that causes the next event of its kind does not block the event loop',
    async (event, cause) => {
      // This test needs turns of the event loop, so it uses the clock of the platform.
      await using store = new MemStore();
      let told = 0;
      const listener = (): void => {
        told++;
        void cause(store);
      };
      store.on(event, listener);
      await cause(store);
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve, 0));
      const toldInFiveTurns = told;
      store.off(event, listener);
      await store.put('k', 2);
      expect(toldInFiveTurns).toBeGreaterThan(1);
    },
  );

  it('are emitted in order over several turns if one turn has more than a thousand', async () => {
    await using store = new MemStore();
    const seen: number[] = [];
    store.on('commit', ({ transactionId }) => seen.push(transactionId));
    for (let count = 0; count < 2_500; count++) void store.put('k', count);
    await null;
    await null;
    expect(seen).toHaveLength(1_000);
    while (seen.length < 2_500) await new Promise((resolve) => setTimeout(resolve, 0));
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('reach the other listeners if one listener throws, and the commit succeeds', async () => {
    const { store } = openStore();
    const broken = new Error('a listener broke');
    const seen: unknown[] = [];
    store.on('listenerError', ({ event, error }) => seen.push([event, error]));
    store.on('listenerError', () => {
      throw broken;
    });
    store.on('commit', () => {
      throw broken;
    });
    store.on('commit', () => seen.push('the next'));
    await store.put('k', 1);
    expect(await store.get('k')).toBe(1);
    expect(seen).toEqual([['commit', broken], 'the next']);
    expect(store.stats().listenerErrors).toBe(2);
    expect(store.locks().held).toEqual([]);
  });

  it.each(['rollback', 'deadlock'] as const)(
    'a listener of %s that throws does not keep locks',
    async (event) => {
      const { store } = openStore();
      store.on(event, () => {
        throw new Error('a listener broke');
      });
      const [elder, younger] = [await store.begin(), await store.begin()];
      await elder.put('a', 1);
      await younger.put('b', 1);
      const waiting = watch(elder.put('b', 2));
      await turn();
      await assertRejects(younger.put('a', 2), 'DEADLOCK');
      await waiting.promise;
      await elder.commit();
      expect(store.locks().held).toEqual([]);
    },
  );

  it('allow their listeners to use the store', async () => {
    const { store } = openStore();
    const done: Promise<void>[] = [];
    store.once('commit', () => {
      done.push(store.put('log', 'written'));
    });
    await store.put('k', 1);
    await Promise.all(done);
    expect(await store.get('log')).toBe('written');
  });

  it('report an async listener that rejects like one that throws', async () => {
    const { store } = openStore();
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

  it('for a deadlock are emitted after the call that closed the cycle', async () => {
    const { store } = openStore();
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
    await assertRejects(second, 'DEADLOCK');
    await first;
    expect(seen).toEqual([false, false]);
  });

  it('refuse an unknown name, and a listener that is not a function', () => {
    const { store } = openStore();
    const refusal = expect.objectContaining({ code: 'INVALID_OPTION' });
    expect(() => store.on('comit' as 'commit', () => {})).toThrow(refusal);
    expect(() => store.on('commit', 5 as never)).toThrow(refusal);
  });

  it('call a listener twice if it is registered with on() and with once()', async () => {
    const { store } = openStore();
    let calls = 0;
    const listener = (): void => void calls++;
    store.on('commit', listener).once('commit', listener);
    for (const value of [1, 2, 3]) await store.put('a', value);
    expect(calls).toBe(4);
  });

  it('report each commit once if a listener of snapshotTooOld closes the store', async () => {
    const { store } = openStore({ maxHistoryVersions: 0 });
    const ends: string[] = [];
    store.on('commit', () => ends.push('commit')).on('rollback', () => ends.push('rollback'));
    store.on('snapshotTooOld', () => void store.close());
    await store.put('a', 1);
    await store.begin({ readOnly: true });
    const tx = await store.begin();
    await tx.put('a', 2);
    await tx.commit();
    await turn();
    expect(ends).toEqual(['commit', 'commit']);
    expect(store.stats().activeTransactions).toBe(0);
  });
});

describe('stats()', () => {
  it('counts operations and their outcomes', async () => {
    const { store, clock } = openStore();
    expect(store.stats()).toMatchObject({
      entries: 0,
      activeTransactions: 0,
      activeSnapshots: 0,
      begins: 0,
      commits: 0,
      rollbacks: 0,
      deadlocks: 0,
      lockWaits: 0,
      lockTimeouts: 0,
      evictions: 0,
      expirations: 0,
    });
    const holder = await store.begin();
    await holder.put('k', 1);
    const waiter = await store.begin();
    const snapshot = await store.begin({ readOnly: true });
    const waiting = watch(waiter.put('k', 2));
    await turn();
    expect(store.stats()).toMatchObject({ activeTransactions: 2, activeSnapshots: 1, waitingOperations: 1 });
    clock.advance(10_000);
    await assertRejects(waiting.promise, 'LOCK_TIMEOUT');
    await holder.commit();
    await waiter.rollback();
    await snapshot.commit();
    expect(store.stats()).toMatchObject({
      entries: 1,
      activeTransactions: 0,
      activeSnapshots: 0,
      waitingOperations: 0,
      begins: 3,
      commits: 1,
      rollbacks: 1,
      lockWaits: 1,
      lockTimeouts: 1,
    });
    expect(store.stats().shards).toBeGreaterThan(0);
  });

  it('counts entries through puts, replacements and deletions', async () => {
    const { store } = openStore();
    for (let index = 0; index < 100; index++) await store.put(`k${index % 10}`, index);
    expect(store.stats().entries).toBe(10);
    for (let index = 0; index < 5; index++) await store.del(`k${index}`);
    await store.del('absent');
    expect(store.stats().entries).toBe(5);
  });

  it('and locks() are plain data that do not change afterwards', async () => {
    const { store } = openStore();
    const tx = await store.begin();
    await tx.put('k', 1);
    const [stats, locks] = [store.stats(), store.locks()];
    const copy = structuredClone({ stats, locks });
    await tx.commit();
    expect({ stats, locks }).toEqual(copy);
    expect(JSON.parse(JSON.stringify(locks))).toEqual(locks);
  });
});
