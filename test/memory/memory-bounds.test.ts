import type { MemStoreError } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../src/testing/assert.ts';
import { collect } from '../../src/testing/suites/store/collect.ts';
import { type AnyMemStore, drive, expectNothingLeft, openStore, turn } from './open-store.ts';

/** Puts a value under each of the first `count` keys. */
async function putUnder(store: AnyMemStore, keys: number, value: number): Promise<void> {
  for (let index = 0; index < keys; index++) await store.put(`k${index}`, value);
}

describe('old versions', () => {
  it('are not kept if no snapshot needs them', async () => {
    const { store } = openStore();
    for (let value = 0; value < 10; value++) await putUnder(store, 10, value);
    for (let index = 0; index < 10; index++) await store.del(`k${index}`);
    expect(store.stats()).toMatchObject({ entries: 0, historyVersions: 0 });
  });

  it('are kept only if a snapshot sees them', async () => {
    const { store } = openStore();
    await putUnder(store, 3, 0);
    const snapshot = await store.begin({ readOnly: true });
    expect(store.stats().historyVersions).toBe(0);
    for (let value = 1; value <= 100; value++) await putUnder(store, 3, value);
    expect(store.stats().historyVersions).toBe(3);
    expect(await snapshot.getMany(['k0', 'k1', 'k2'])).toEqual([0, 0, 0]);
    await snapshot.commit();
    expect(store.stats().historyVersions).toBe(0);
  });

  it('are dropped when the last snapshot that needs them ends, in any order of the snapshots', async () => {
    const { store } = openStore();
    const snapshots = [];
    for (let round = 0; round < 4; round++) {
      await store.put('k', round);
      snapshots.push(await store.begin({ readOnly: true }));
    }
    await store.put('k', 'last');
    expect(store.stats()).toMatchObject({ activeSnapshots: 4, historyVersions: 4 });
    await snapshots[1]?.rollback();
    expect(store.stats().historyVersions).toBe(3);
    await snapshots[0]?.rollback();
    await snapshots[3]?.commit();
    expect(store.stats().historyVersions).toBe(1);
    expect(await snapshots[2]?.get('k')).toBe(2);
    await snapshots[2]?.commit();
    expect(store.stats()).toMatchObject({ activeSnapshots: 0, historyVersions: 0 });
  });

  it('are kept while an older snapshot still needs versions of a newer one', async () => {
    const { store } = openStore();
    await putUnder(store, 2, 0);
    const [older, newer] = [await store.begin({ readOnly: true }), await store.begin({ readOnly: true })];
    await store.put('k0', 1);
    await store.del('k1');
    expect(store.stats().historyVersions).toBe(2);
    await newer.commit();
    expect(store.stats().historyVersions).toBe(2);
    expect(await older.getMany(['k0', 'k1'])).toEqual([0, 0]);
    expect(await collect(older.entries())).toEqual([
      ['k0', 0],
      ['k1', 0],
    ]);
    await older.commit();
    expect(store.stats().historyVersions).toBe(0);
  });

  it('are dropped when a snapshot expires, leaves its scope or ends during a scan', async () => {
    const opened = openStore({ idleTimeout: 1000 });
    const { store, clock } = opened;
    await putUnder(store, 3, 1);
    const idle = await store.begin({ readOnly: true });
    await putUnder(store, 3, 2);
    expect(store.stats().historyVersions).toBe(3);
    clock.advance(1100);
    await turn();
    expect(store.stats()).toMatchObject({ activeSnapshots: 0, historyVersions: 0 });
    await assertRejects(idle.get('k0'), 'TRANSACTION_EXPIRED');
    for await (const _ of store.entries()) {
      await putUnder(store, 3, 3);
      break;
    }
    expectNothingLeft(opened);
  });

  it('of a one-shot scan are dropped when the scan has been read to its end', async () => {
    const opened = openStore();
    const { store } = opened;
    await putUnder(store, 5, 0);
    const seen: unknown[] = [];
    for await (const [, value] of store.entries()) {
      seen.push(value);
      await store.put('k4', 'new');
    }
    expect(seen).toEqual([0, 0, 0, 0, 0]);
    expectNothingLeft(opened);
  });

  it('are reported with the age of the oldest snapshot', async () => {
    const { store, clock } = openStore();
    expect(store.stats().oldestSnapshotAgeMs).toBe(undefined);
    const old = await store.begin({ readOnly: true });
    clock.advance(300);
    await store.begin({ readOnly: true });
    clock.advance(50);
    expect(store.stats().oldestSnapshotAgeMs).toBe(350);
    await old.commit();
    expect(store.stats().oldestSnapshotAgeMs).toBe(50);
  });
});

describe('maxHistoryVersions', () => {
  it('ends only the oldest snapshot', async () => {
    const { store } = openStore({ maxHistoryVersions: 5 });
    await putUnder(store, 6, 1);
    const old = await store.begin({ readOnly: true });
    await putUnder(store, 4, 2);
    const young = await store.begin({ readOnly: true });
    const given: number[] = [];
    store.on('snapshotTooOld', ({ transactionId }) => given.push(transactionId));
    await putUnder(store, 3, 3);
    expect(given).toEqual([old.id]);
    expect([old.failure?.code, young.failure]).toEqual(['SNAPSHOT_TOO_OLD', undefined]);
    const error = (await assertRejects(old.get('k0'), 'SNAPSHOT_TOO_OLD')) as MemStoreError;
    expect(error.retryable).toBe(true);
    await assertRejects(collect(old.entries()), 'SNAPSHOT_TOO_OLD');
    expect(await young.getMany(['k0', 'k3', 'k5'])).toEqual([2, 2, 1]);
    expect(store.stats().historyVersions).toBeLessThanOrEqual(5);
    await old.rollback();
    await young.commit();
    expect(store.stats().historyVersions).toBe(0);
  });

  it('holds after every commit, however large', async () => {
    const { store } = openStore({ maxHistoryVersions: 5 });
    await putUnder(store, 20, 1);
    const snapshot = await store.begin({ readOnly: true });
    await store.putMany(Array.from({ length: 20 }, (_, index) => [`k${index}`, 'new'] as const));
    expect(store.stats().historyVersions).toBeLessThanOrEqual(5);
    await assertRejects(snapshot.get('k0'), 'SNAPSHOT_TOO_OLD');
  });

  it('makes transaction() retry a snapshot', async () => {
    const { store, clock } = openStore({ maxHistoryVersions: 2 });
    await putUnder(store, 5, 1);
    let runs = 0;
    const reading = store.transaction(
      async (tx) => {
        runs++;
        if (runs === 1) await putUnder(store, 5, 2);
        return tx.get('k4');
      },
      { readOnly: true },
    );
    expect(await drive(clock, reading)).toBe(2);
    expect(runs).toBe(2);
  });
});

it('keeps no memory for keys that are no longer used', async () => {
  const opened = openStore();
  const { store } = opened;
  for (let round = 0; round < 20; round++) {
    const tx = await store.begin();
    for (let index = 0; index < 50; index++) {
      await tx.get(`read ${round} ${index}`);
      await tx.put(`put ${round} ${index}`, 1, { ttl: 1000 });
    }
    await collect(tx.entries({ prefix: `put ${round}` }));
    if (round % 2 === 0) await tx.rollback();
    else await tx.commit();
  }
  await store.transaction(async (tx) => {
    for await (const [key] of tx.entries()) await tx.del(key);
  });
  expect(store.stats()).toMatchObject({ entries: 0, expiringEntries: 0, cacheSize: 0 });
  expectNothingLeft(opened);
});
