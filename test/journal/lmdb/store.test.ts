import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { lru, MemStore, type MemStoreOptions, type StoreEvents } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import {
  checkHistory,
  FakeClock,
  formatReport,
  type RecordedValue,
  recordHistory,
  seededRandom,
} from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratchDirectory } from './scratch-directory.ts';

/** Opens a store in the directory, runs the work and closes the store, like one run of a process. */
async function inRun<R>(
  path: string,
  work: (store: MemStore) => Promise<R>,
  options: MemStoreOptions = {},
): Promise<R> {
  const store = new MemStore({ ...options, journal: lmdbJournal({ path }) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function entriesOf(store: MemStore): Promise<[string, unknown][]> {
  const entries: [string, unknown][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
}

describe('a store with lmdbJournal', () => {
  it('has the same entries in key order after a restart', async () => {
    const path = scratchDirectory();
    const keys = ['\u{1f600}', '\uff5e', 'b', 'a', '', 'long'.repeat(1_000)];
    const before = await inRun(path, async (store) => {
      await store.putMany(keys.map((key, index) => [key, { index }]));
      await store.del('b');
      return entriesOf(store);
    });
    expect(before.map(([key]) => key)).toEqual(['', 'a', 'long'.repeat(1_000), '\u{1f600}', '\uff5e']);
    expect(await inRun(path, entriesOf)).toEqual(before);
  });

  it('reports its progress while it opens, and operations wait until it is open', async () => {
    const path = scratchDirectory();
    const count = 2_500;
    await inRun(path, (store) => store.putMany(Array.from({ length: count }, (_, n) => [`key:${n}`, n])));
    const events: StoreEvents['load'][] = [];
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    store.on('load', (event) => events.push(event));
    expect(await store.get('key:2499')).toBe(2_499);
    expect(events).toEqual([
      { loaded: 1_000, total: count, done: false },
      { loaded: 2_000, total: count, done: false },
      { loaded: count, total: count, done: false },
      { loaded: count, total: count, done: true },
    ]);
    await store.close();
  });

  it('keeps expiry times, and drops entries that expired while it was closed', async () => {
    const path = scratchDirectory();
    const clock = new FakeClock();
    await inRun(
      path,
      async (store) => {
        await store.put('short', 1, { ttl: 1_000 });
        await store.put('long', 2, { ttl: 10_000 });
        await store.put('for ever', 3);
      },
      { clock },
    );
    await clock.advance(5_000);
    await inRun(
      path,
      async (store) => {
        expect(await entriesOf(store)).toEqual([
          ['for ever', 3],
          ['long', 2],
        ]);
        await clock.advance(5_000);
        expect(await store.has('long')).toBe(false);
      },
      { clock },
    );
    // The clock of this run starts anew, so an expired entry would be here if it had not been deleted.
    expect(await inRun(path, entriesOf, { clock: new FakeClock() })).toEqual([['for ever', 3]]);
  });

  it('journals evictions', async () => {
    const path = scratchDirectory();
    const kept = await inRun(
      path,
      async (store) => {
        for (let n = 0; n < 10; n++) await store.put(`key:${n}`, n);
        await expect.poll(() => store.stats().entries).toBe(3);
        return entriesOf(store);
      },
      { cache: lru({ max: 3 }) },
    );
    expect(await inRun(path, entriesOf)).toEqual(kept);
  });

  it('writes every commit in one LMDB transaction, for any number of shards', async () => {
    const path = scratchDirectory();
    await inRun(path, async (store) => {
      await store.transaction(async (tx) => {
        for (let n = 0; n < 3_000; n++) await tx.put(`key:${n}`, n);
        await tx.del('key:5');
      });
    });
    const db = open({ path, noSubdir: false });
    // The first transaction wrote the format of the journal.
    expect((db.getStats() as { lastTxnId: number }).lastTxnId).toBe(2);
    await db.close();
    expect(await inRun(path, entriesOf)).toHaveLength(2_999);
  });

  it('resolves a relative path once, against the working directory at the call of lmdbJournal', async () => {
    const path = scratchDirectory();
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(path);
    const journal = lmdbJournal({ path: 'data' });
    process.chdir(before);
    const store = new MemStore({ journal });
    await store.put('a', 1);
    await store.close();
    expect(existsSync(join(path, 'data', 'data.mdb'))).toBe(true);
  });

  it('reuses the space of old values', async () => {
    const path = scratchDirectory();
    await inRun(path, async (store) => {
      for (let n = 0; n < 3_000; n++) await store.put('hot', 'x'.repeat(10_000) + n);
    });
    expect(statSync(join(path, 'data.mdb')).size).toBeLessThan(2_000_000);
  });

  for (const durability of ['commit', 'relaxed'] as const) {
    for (let seed = 1; seed <= 3; seed++) {
      it(`is strictly serializable under load, and has the same entries after a restart (${durability}, seed ${seed})`, async () => {
        const path = scratchDirectory();
        const random = seededRandom(seed);
        const store = new MemStore<Record<string, RecordedValue>>({
          journal: lmdbJournal({ path, durability }),
        });
        const recorder = recordHistory<Record<string, number>>(store);
        const pick = (): string => `key:${Math.floor(random() * 6)}`;
        const work = async (): Promise<void> => {
          for (let count = 0; count < 20; count++) {
            await recorder.store.transaction(async (tx) => {
              const from = pick();
              const to = pick();
              const sum = ((await tx.getForUpdate(from)) ?? 0) + ((await tx.get(to)) ?? 0);
              if (random() < 0.2) for await (const _ of tx.entries({ gte: 'key:2', lt: 'key:4' }));
              if (random() < 0.1) await tx.del(to);
              else await tx.put(to, sum + 1);
            });
          }
        };
        await Promise.all(Array.from({ length: 8 }, work));
        const report = checkHistory(recorder.history());
        expect(report.valid, formatReport(report)).toBe(true);
        const before = await entriesOf(store as unknown as MemStore);
        await store.close();
        expect(await inRun(path, entriesOf)).toEqual(before);
      });
    }
  }
});

describe('the options of lmdbJournal', () => {
  it.each([
    [undefined, 'options'],
    [{}, 'path'],
    [{ path: '' }, 'path'],
    [{ path: 'x', durability: 'often' }, 'durability'],
    [{ path: 'x', durable: true }, 'known names'],
  ])('are refused: %j', (options, why) => {
    expect(() => lmdbJournal(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(why) }),
    );
  });
});
