import { type Journal, type JournalCommit, lru, MemStore } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { collect, collectKeys } from '../../../src/testing/suites/store/collect.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { HeldJournal } from '../held-journal.ts';
import { type AnyMemStore, expectNothingLeft, openStore, turn } from '../open-store.ts';

/**
 * Returns whether a key exists. Checks that all ways to read it agree: single reads, a scan, and a new
 * snapshot.
 */
async function isThere(store: AnyMemStore, key: string): Promise<boolean> {
  const snapshot = await store.begin({ readOnly: true });
  const seen = [
    await store.has(key),
    (await store.get(key)) !== undefined,
    (await store.getMany([key]))[0] !== undefined,
    (await collectKeys(store.entries())).includes(key),
    await snapshot.has(key),
    (await collectKeys(snapshot.entries())).includes(key),
  ];
  await snapshot.commit();
  expect(new Set(seen).size).toBe(1);
  return seen[0] ?? false;
}

describe('a ttl', () => {
  it('starts at the commit', async () => {
    const { store, clock } = openStore();
    const tx = await store.begin();
    await tx.put('k', 1, { ttl: 100 });
    clock.advance(5000);
    expect(await tx.get('k')).toBe(1);
    await tx.commit();
    clock.advance(99);
    await turn();
    expect(await isThere(store, 'k')).toBe(true);
    clock.advance(1);
    await turn();
    expect(await isThere(store, 'k')).toBe(false);
  });

  it('is cleared by a put without one, and replaced by a put with one', async () => {
    const { store, clock } = openStore();
    await store.putMany(
      [
        ['cleared', 1],
        ['replaced', 1],
      ],
      { ttl: 100 },
    );
    clock.advance(50);
    await store.put('cleared', 2);
    await store.put('replaced', 2, { ttl: 100 });
    clock.advance(99);
    await turn();
    expect(await store.getMany(['cleared', 'replaced'])).toEqual([2, 2]);
    clock.advance(1);
    await turn();
    expect(await store.getMany(['cleared', 'replaced'])).toEqual([2, undefined]);
    expect(store.stats().expiringEntries).toBe(0);
  });

  it('can be read as soon as the lock is granted', async () => {
    const { store } = openStore();
    const writer = await store.begin();
    await writer.put('k', 1, { ttl: 50 });
    const tx = await store.begin();
    const ttl = tx.ttl('k');
    await writer.commit();
    expect(await ttl).toBe(50);
    await tx.commit();
  });

  it('that has passed makes the key absent', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 100 });
    clock.advance(100);
    const tx = await store.begin();
    expect(await tx.get('k')).toBe(undefined);
    expect(await tx.has('k')).toBe(false);
    expect(await tx.getForUpdate('k')).toBe(undefined);
    expect(await collect(tx.entries())).toEqual([]);
    expect(await tx.del('k')).toBe(false);
    await tx.put('k', 2);
    await tx.commit();
    clock.advance(1000);
    expect(await store.get('k')).toBe(2);
  });

  it('is neither restored nor shortened by a rollback', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 100 });
    clock.advance(50);
    const tx = await store.begin();
    await tx.put('k', 2, { ttl: 10 });
    await tx.rollback();
    clock.advance(49);
    await turn();
    expect(await store.get('k')).toBe(1);
    clock.advance(1);
    await turn();
    expect(await store.get('k')).toBe(undefined);
  });
});

describe('an expired entry that a transaction has locked', () => {
  it.each([
    ['alone', (tx: Awaited<ReturnType<AnyMemStore['begin']>>) => tx.get('k')],
    ['by a range', (tx: Awaited<ReturnType<AnyMemStore['begin']>>) => collect(tx.entries({ prefix: 'k' }))],
  ])('stays visible to that transaction (locked %s)', async (_how, lock) => {
    const { store, clock } = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
    await store.put('k', 1, { ttl: 100 });
    await store.put('other', 1, { ttl: 100 });
    const expired: string[] = [];
    store.on('expire', ({ key, reason }) => expired.push(`${key} ${reason}`));
    const tx = await store.begin();
    await lock(tx);
    clock.advance(60_000);
    await turn();
    expect(await tx.get('k')).toBe(1);
    expect(await tx.has('k')).toBe(true);
    expect(await collect(tx.entries({ prefix: 'k' }))).toEqual([['k', 1]]);
    expect(expired).toEqual(['other expired']);
    await tx.commit();
    clock.advance(60_000);
    await turn();
    expect(await store.get('k')).toBe(undefined);
    expect(expired).toEqual(['other expired', 'k expired']);
  });

  it('is absent for the next waiter, which gets the lock after the deadline', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 10 });
    const holder = await store.begin();
    expect(await holder.get('k')).toBe(1);
    const waiter = await store.begin();
    const waiting = waiter.getForUpdate('k');
    clock.advance(20);
    // The holder has read the entry, so it still reads it.
    expect(await holder.get('k')).toBe(1);
    await holder.commit();
    expect(await waiting).toBeUndefined();
  });

  it('stays visible while a lock upgrade of its reader waits', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 10 });
    const [one, other] = [await store.begin(), await store.begin()];
    await one.get('k');
    await other.get('k');
    const upgrade = one.getForUpdate('k');
    clock.advance(20);
    await other.commit();
    expect(await upgrade).toBe(1);
    await one.commit();
    expect(await store.get('k')).toBeUndefined();
  });
});

it('an expired entry is kept for every transaction that has read it, not only for the first', async () => {
  const { store, clock } = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
  await store.put('k', 1, { ttl: 10 });
  const [first, second] = [await store.begin(), await store.begin()];
  expect(await first.get('k')).toBe(1);
  clock.advance(20);
  expect(await second.get('k')).toBe(1);
  await first.commit();
  clock.advance(1000);
  expect(await second.get('k')).toBe(1);
  await second.commit();
  expect(await store.get('k')).toBe(undefined);
});

describe('a snapshot decides about expiry when it begins', () => {
  it('and excludes an expired entry that has not been removed yet', async () => {
    const { store, clock } = openStore();
    await store.putMany(Object.entries({ a: 1, b: 1 }), { ttl: 10 });
    const [reader, other] = [await store.begin(), await store.begin()];
    await reader.get('a');
    await other.get('b');
    clock.advance(20);
    await reader.commit();
    const snapshot = await store.begin({ readOnly: true });
    expect(await snapshot.getMany(['a', 'b'])).toEqual([undefined, 1]);
    expect(await snapshot.ttl('a')).toBe(undefined);
    await store.put('a', 2);
    expect(await snapshot.get('a')).toBe(undefined);
    await Promise.all([snapshot.commit(), other.commit()]);
  });

  it('and keeps the entries that had not expired then', async () => {
    const { store, clock } = openStore();
    await store.put('over', 1, { ttl: 50 });
    await store.put('k', 1, { ttl: 100 });
    clock.advance(50);
    const snapshot = await store.begin({ readOnly: true });
    clock.advance(50);
    await turn();
    clock.advance(60_000);
    await turn();
    expect(await store.has('k')).toBe(false);
    for (let round = 0; round < 2; round++) {
      expect(await snapshot.get('k')).toBe(1);
      expect(await snapshot.has('over')).toBe(false);
      expect(await collect(snapshot.entries())).toEqual([['k', 1]]);
      await store.put('k', 2);
    }
    await snapshot.commit();
  });
});

it('an expired but locked entry is visible to all transactions and new snapshots', async () => {
  const { store, clock } = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
  await store.put('k', 1, { ttl: 100 });
  const holder = await store.begin();
  await holder.get('k');
  clock.advance(1000);
  await turn();
  expect(await isThere(store, 'k')).toBe(true);
  const other = await store.begin();
  expect(await other.get('k')).toBe(1);
  const snapshot = await store.begin({ readOnly: true });
  await holder.commit();
  await other.commit();
  clock.advance(1000);
  await turn();
  expect(await isThere(store, 'k')).toBe(false);
  expect(await snapshot.get('k')).toBe(1);
  expect(await collect(snapshot.entries())).toEqual([['k', 1]]);
});

it('an expired entry can be written by the transaction that has locked it', async () => {
  const { store, clock } = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
  await store.put('put', 1, { ttl: 100 });
  await store.put('deleted', 1, { ttl: 100 });
  const tx = await store.begin();
  await tx.getMany(['put', 'deleted']);
  clock.advance(1000);
  await tx.put('put', 2);
  expect(await tx.del('deleted')).toBe(true);
  await tx.commit();
  clock.advance(1000);
  await turn();
  expect(await store.getMany(['put', 'deleted'])).toEqual([2, undefined]);
  expect(store.stats()).toMatchObject({ entries: 1, expiringEntries: 0, expirations: 0 });
});

describe('the sweep', () => {
  it('removes expired entries that are never read, and reports them', async () => {
    const opened = openStore();
    const { store, clock } = opened;
    const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
    await store.putMany(
      keys.map((key) => [key, 1] as const),
      { ttl: 100 },
    );
    await store.put('kept', 1);
    const expired: string[] = [];
    store.on('expire', ({ key }) => expired.push(key));
    expect(store.stats()).toMatchObject({ entries: 101, expiringEntries: 100 });
    expect(clock.keepAliveTimers).toBe(0);
    for (let tick = 0; tick < 100; tick++) {
      clock.advance(100);
      await turn();
    }
    expect(store.stats()).toMatchObject({ entries: 1, expiringEntries: 0, expirations: 100 });
    expect(expired.toSorted()).toEqual(keys.toSorted());
    expectNothingLeft(opened);
  });

  it('removes a large number in several turns', async () => {
    const { store, clock } = openStore();
    const count = 3_000;
    await store.putMany(
      Array.from({ length: count }, (_, index) => [`k${index}`, 1] as const),
      { ttl: 100 },
    );
    clock.advance(100);
    expect(store.stats().entries).toBeGreaterThan(0);
    for (let tick = 0; tick < 1_000 && store.stats().entries > 0; tick++) {
      clock.advance(10);
      await turn();
    }
    expect(store.stats()).toMatchObject({ entries: 0, expirations: count });
  });

  it('journals its removals, and does not wait for the journal', async () => {
    const journal = new HeldJournal();
    const { store, clock } = openStore({ journal });
    const errors: unknown[] = [];
    store.on('journalError', ({ error }) => errors.push(error));
    const putting = store.put('k', 1, { ttl: 100 });
    await turn();
    journal.succeed();
    await putting;
    const expiresAtMs = clock.epochMs() + 100;
    clock.advance(1000);
    await turn();
    expect(journal.commits.map(({ writes }) => writes)).toEqual([
      [expect.objectContaining({ key: 'k', value: 1, expiresAtMs })],
      [expect.objectContaining({ key: 'k', deleted: true })],
    ]);
    expect(await store.has('k')).toBe(false);
    const full = new Error('the disk is full');
    journal.fail(full);
    await turn();
    expect(errors).toEqual([full]);
    expect(await store.has('k')).toBe(false);
  });

  it('reaches expired entries behind any number of entries that a transaction keeps', async () => {
    const { store, clock } = openStore();
    const tx = await store.begin();
    for (let index = 0; index < 1500; index++) await store.put(`kept:${index}`, 1, { ttl: 10 });
    await collect(tx.entries({ prefix: 'kept:' }));
    for (let index = 0; index < 1500; index++) await store.put(`swept:${index}`, 1, { ttl: 20 });
    clock.advance(1000);
    expect(store.stats().entries).toBe(1500);
    await tx.commit();
    clock.advance(1000);
    expect(store.stats().entries).toBe(0);
  });
});

it('makes close() wait until the journal has its removals', async () => {
  const journal = new HeldJournal();
  const { store, clock } = openStore({ journal });
  const putting = store.put('k', 1, { ttl: 100 });
  await turn();
  journal.succeed();
  await putting;
  clock.advance(1000);
  await turn();
  expect(journal.pending).toBe(1);
  const closing = watch(store.close());
  await turn();
  expect(closing.settled).toBe(false);
  expect(journal.closes).toBe(0);
  journal.succeed();
  await closing.promise;
  expect(journal.closes).toBe(1);
});

describe('an entry that is loaded from the journal', () => {
  it('expires at its time, or is absent if that has passed', async () => {
    const epochMs = openStore().clock.epochMs();
    const journal = new HeldJournal([
      { key: 'over', value: 1, expiresAtMs: epochMs - 1 },
      { key: 'k', value: 1, expiresAtMs: epochMs + 100 },
    ]);
    const { store, clock } = openStore({ journal });
    expect(await collectKeys(store.entries())).toEqual(['k']);
    expect(store.stats()).toMatchObject({ entries: 1, expiringEntries: 1 });
    clock.advance(99);
    await turn();
    expect(await store.has('k')).toBe(true);
    clock.advance(1);
    await turn();
    expect(await store.has('k')).toBe(false);
  });

  it('sets no timer if it never expires', async () => {
    const { store, clock } = openStore({
      journal: new HeldJournal([{ key: 'k', value: 1, expiresAtMs: undefined }]),
    });
    expect(await store.get('k')).toBe(1);
    expect(store.stats().expiringEntries).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a scan with skipLocked', () => {
  it('skips expired entries, and keeps the entries that it has yielded', async () => {
    const { store, clock } = openStore();
    const [reader, tx] = [await store.begin(), await store.begin()];
    for (const key of ['a', 'b']) await store.put(key, 1, { ttl: 100 });
    // A reader keeps this entry beyond its time, so it still exists when the scan reaches it.
    await reader.get('a');
    clock.advance(60);
    await store.put('b', 2, { ttl: 100 });
    clock.advance(40);
    const skipping = { forUpdate: true, skipLocked: true } as const;
    expect(await collect(tx.entries(skipping))).toEqual([['b', 2]]);
    await reader.commit();
    expect(await collect(tx.entries(skipping))).toEqual([['b', 2]]);
    clock.advance(60);
    await turn();
    expect(await collect(tx.entries(skipping))).toEqual([['b', 2]]);
    expect(await tx.get('b')).toBe(2);
    await tx.commit();
    clock.advance(1000);
    await turn();
    expect(await isThere(store, 'b')).toBe(false);
  });
});

describe('an entry that is kept beyond its TTL', () => {
  it('has a remaining TTL of 0, and is visible to a snapshot of that moment', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 100 });
    const reader = await store.begin();
    await reader.get('k');
    clock.advance(100);
    const snapshot = await store.begin({ readOnly: true });
    expect(await snapshot.get('k')).toBe(1);
    clock.advance(50);
    expect([await reader.ttl('k'), await snapshot.ttl('k')]).toEqual([0, 0]);
    await reader.put('k', 2);
    await reader.commit();
    // Now the snapshot reads the entry as an old version.
    expect([await snapshot.get('k'), await snapshot.ttl('k')]).toEqual([1, 0]);
    await snapshot.commit();
    expect(await isThere(store, 'k')).toBe(true);
  });
});

describe('a change of the system clock', () => {
  const HOUR_MS = 3_600_000;

  /** A clock whose time of day can be set. Its monotonic time is not affected. */
  class SettableClock extends FakeClock {
    #shiftMs = 0;

    override epochMs(): number {
      return super.epochMs() + this.#shiftMs;
    }

    set(shiftMs: number): void {
      this.#shiftMs = shiftMs;
    }
  }

  it('by an hour back makes entries live an hour longer, and none comes back', async () => {
    const clock = new SettableClock();
    const { store } = openStore({ clock });
    await store.put('removed', 1, { ttl: 100 });
    await store.put('k', 1, { ttl: 1_000 });
    clock.advance(100);
    await turn();
    clock.set(-HOUR_MS);
    expect(await isThere(store, 'removed')).toBe(false);
    clock.advance(HOUR_MS + 899);
    await turn();
    expect(await isThere(store, 'k')).toBe(true);
    clock.advance(1);
    await turn();
    expect(await isThere(store, 'k')).toBe(false);
  });

  it('by an hour forward lets entries expire early', async () => {
    const clock = new SettableClock();
    const { store } = openStore({ clock });
    await store.put('k', 1, { ttl: HOUR_MS });
    clock.set(HOUR_MS - 1);
    expect(await isThere(store, 'k')).toBe(true);
    clock.set(HOUR_MS);
    expect(await isThere(store, 'k')).toBe(false);
  });

  it('changes no lock timeout and no idle timeout', async () => {
    const clock = new SettableClock();
    const { store } = openStore({ clock, lockTimeout: 100, idleTimeout: 1_000 });
    const [holder, waiter] = [await store.begin(), await store.begin()];
    await holder.put('k', 1);
    const waiting = watch(waiter.get('k'));
    for (const shiftMs of [HOUR_MS, -HOUR_MS]) {
      clock.set(shiftMs);
      clock.advance(49);
      await turn();
      expect(waiting.settled).toBe(false);
    }
    clock.advance(2);
    await expect(waiting.promise).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    clock.set(HOUR_MS);
    expect(holder.status).toBe('active');
    clock.set(-HOUR_MS);
    clock.advance(1_100);
    expect(holder.status).toBe('aborted');
  });
});

describe('ttl: Infinity', () => {
  it('overrides the ttl of the cache strategy, and sets no deadline', async () => {
    const { store, clock } = openStore({ cache: lru({ max: 10, ttl: 100 }) });
    const tx = await store.begin();
    await tx.put('for ever', 1, { ttl: Number.POSITIVE_INFINITY });
    await tx.put('default', 1);
    expect([await tx.ttl('for ever'), await tx.ttl('default')]).toEqual([undefined, 100]);
    await tx.commit();
    await store.put('alone', 1, { ttl: Number.POSITIVE_INFINITY });
    expect(store.stats().expiringEntries).toBe(1);
    clock.advance(1_000);
    expect(await store.getMany(['for ever', 'default', 'alone'])).toEqual([1, undefined, 1]);
    await store.close();
  });

  it('has no deadline in the journal, and deadlines of an earlier version may be above the maximum', async () => {
    const commits: JournalCommit[] = [];
    const clock = new FakeClock();
    const soonMs = clock.epochMs() + 100;
    const deadlines = { over: clock.epochMs(), soon: soonMs, late: 2 ** 60, never: Number.POSITIVE_INFINITY };
    const journal: Journal = {
      async *load() {
        yield Object.entries(deadlines).map(([key, expiresAtMs]) => ({ key, value: 1, expiresAtMs }));
      },
      append: async (commit) => void commits.push(commit),
      close: async () => {},
    };
    const store = new MemStore({ clock, journal: { name: 'old', create: () => journal } });
    const left = await store.transaction((tx) =>
      Promise.all(Object.keys(deadlines).map((key) => tx.ttl(key))),
    );
    expect(left).toEqual([undefined, 100, undefined, undefined]);
    expect(await store.getMany(Object.keys(deadlines))).toEqual([undefined, 1, 1, 1]);
    await store.put('k', 1, { ttl: Number.POSITIVE_INFINITY });
    expect(commits.at(-1)?.writes).toEqual([{ key: 'k', value: 1, expiresAtMs: undefined }]);
    await store.close();
  });
});
