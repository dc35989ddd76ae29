import { lru } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collect, collectKeys } from '../../../src/testing/suites/store/collect.ts';
import { MemoryDisk } from '../../journal/memory-disk.ts';
import { HeldJournal } from '../held-journal.ts';
import { type AnyMemStore, openStore, turn } from '../open-store.ts';

async function putAll(store: AnyMemStore, ...keys: string[]): Promise<void> {
  for (const key of keys) await store.put(key, key);
}

function evictions(store: AnyMemStore): string[] {
  const evicted: string[] = [];
  store.on('evict', ({ key, reason }) => evicted.push(`${key} ${reason}`));
  return evicted;
}

describe('lru({ max })', () => {
  it('evicts exactly the least recently used entries, and reports them', async () => {
    const { store } = openStore({ cache: lru({ max: 3 }) });
    const evicted = evictions(store);
    await putAll(store, 'a', 'b', 'c');
    await store.get('a');
    await putAll(store, 'd');
    await turn();
    expect(evicted).toEqual(['b evicted']);
    await store.transaction((tx) => tx.get('c'));
    await store.put('a', 'again');
    await putAll(store, 'e', 'f');
    await turn();
    expect(evicted).toEqual(['b evicted', 'd evicted', 'c evicted']);
    expect(await collectKeys(store.entries())).toEqual(['a', 'e', 'f']);
    expect(store.stats()).toMatchObject({ entries: 3, evictions: 3 });
  });

  it('reuses the room of deleted entries', async () => {
    const { store } = openStore({ cache: lru({ max: 2 }) });
    const evicted = evictions(store);
    await putAll(store, 'a', 'b');
    await store.del('a');
    await putAll(store, 'c');
    await turn();
    expect(evicted).toEqual([]);
    expect(store.stats().entries).toBe(2);
  });

  it('evicts as many entries as one large commit needs', async () => {
    const { store } = openStore({ cache: lru({ max: 3 }) });
    await putAll(store, 'a', 'b', 'c');
    await store.putMany(['d', 'e', 'f', 'g', 'h'].map((key) => [key, 1] as const));
    await turn();
    expect(store.stats().entries).toBe(3);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
  });
});

describe('a locked entry is not evicted', () => {
  it('if a key lock holds it, and another entry is evicted', async () => {
    const { store } = openStore({ cache: lru({ max: 2 }) });
    await putAll(store, 'a', 'b');
    const tx = await store.begin();
    await tx.get('a');
    await store.get('b');
    await putAll(store, 'c', 'd');
    await turn();
    expect(await collectKeys(store.entries())).toContain('a');
    expect(await tx.get('a')).toBe('a');
    expect(store.stats().entries).toBe(2);
  });

  it('if a range lock holds it, and the cache overshoots until the lock is released', async () => {
    const { store } = openStore({ cache: lru({ max: 2 }) });
    const evicted = evictions(store);
    await putAll(store, 'a', 'b');
    const scanner = await store.begin();
    await collect(scanner.entries({ lt: 'm' }));
    const writer = await store.begin();
    await writer.put('x', 1);
    await writer.put('y', 1);
    await writer.commit();
    await turn();
    expect(await collectKeys(scanner.entries({ lt: 'm' }))).toEqual(['a', 'b']);
    expect(evicted.every((line) => /^[xy]/.test(line))).toBe(true);
    await scanner.commit();
    await putAll(store, 'z');
    await turn();
    expect(store.stats().entries).toBe(2);
  });

  it('while a writer deletes and puts it', async () => {
    const { store } = openStore({ cache: lru({ max: 1 }) });
    await putAll(store, 'a');
    const tx = await store.begin();
    expect(await tx.getForUpdate('a')).toBe('a');
    await putAll(store, 'b', 'c');
    await turn();
    expect(await tx.get('a')).toBe('a');
    await tx.put('a', 'changed');
    await tx.commit();
    await turn();
    expect(store.stats().entries).toBe(1);
  });

  it('if everything is locked, and the cache shrinks when the locks are released', async () => {
    const { store, clock } = openStore({ cache: lru({ max: 2 }), idleTimeout: Number.POSITIVE_INFINITY });
    const holders = [];
    for (const key of ['a', 'b', 'c', 'd']) {
      const tx = await store.begin();
      await tx.put(key, 1);
      holders.push(tx);
    }
    const readers = [];
    for (const [index, tx] of holders.entries()) {
      await tx.commit();
      const reader = await store.begin();
      await reader.get(['a', 'b', 'c', 'd'][index] ?? '');
      readers.push(reader);
    }
    await turn();
    expect(store.stats().entries).toBeGreaterThanOrEqual(2);
    for (const reader of readers) await reader.commit();
    for (let tick = 0; tick < 100 && store.stats().entries > 2; tick++) {
      clock.advance(100);
      await turn();
    }
    expect(store.stats().entries).toBe(2);
  });
});

it('does not change what a snapshot sees', async () => {
  const { store } = openStore({ cache: lru({ max: 2 }) });
  await putAll(store, 'a', 'b');
  const snapshot = await store.begin({ readOnly: true });
  await putAll(store, 'c', 'd', 'e');
  await turn();
  expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  expect(await snapshot.getMany(['a', 'b', 'c'])).toEqual(['a', 'b', undefined]);
  expect(await collectKeys(snapshot.entries())).toEqual(['a', 'b']);
  await snapshot.commit();
  expect(store.stats().historyVersions).toBe(0);
});

describe('lru({ maxSize })', () => {
  const bySize = { maxSize: 10, sizeOf: (value: unknown) => (value as string).length };

  it('counts sizes exactly through replacements and deletions', async () => {
    const { store } = openStore({ cache: lru(bySize) });
    await store.put('a', 'xxxx');
    await store.put('b', 'xxxx');
    expect(store.stats().cacheSize).toBe(8);
    await store.put('a', 'x');
    expect(store.stats().cacheSize).toBe(5);
    await store.del('b');
    expect(store.stats().cacheSize).toBe(1);
    await store.put('c', 'xxxxxxxxx');
    expect(store.stats()).toMatchObject({ cacheSize: 10, entries: 2 });
    await store.put('d', 'xx');
    await turn();
    const kept = await collect(store.entries());
    const recount = kept.reduce((sum, [, value]) => sum + (value as string).length, 0);
    expect(store.stats()).toMatchObject({ cacheSize: recount, entries: kept.length });
    expect(recount).toBeLessThanOrEqual(10);
  });

  it('refuses a value larger than maxSize', async () => {
    const { store } = openStore({ cache: lru(bySize) });
    await putAll(store, 'a');
    await assertRejects(store.put('b', 'x'.repeat(11)), 'LIMIT_EXCEEDED');
    expect(await collectKeys(store.entries())).toEqual(['a']);
  });

  it('fails the put and not the commit if sizeOf throws', async () => {
    const { store } = openStore({
      cache: lru({
        maxSize: 10,
        sizeOf: () => {
          throw new Error('cannot say');
        },
      }),
    });
    const tx = await store.begin();
    const failure = await tx.put('a', 1).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    await tx.commit();
    expect(store.stats()).toMatchObject({ entries: 0, cacheSize: 0 });
  });
});

it('lru({ ttl }) gives every entry a TTL, and the ttl of a put overrides it', async () => {
  const { store, clock } = openStore({ cache: lru({ max: 10, ttl: 100 }) });
  await store.put('a', 1);
  await store.put('b', 1, { ttl: 200 });
  clock.advance(99);
  await turn();
  expect(await store.getMany(['a', 'b'])).toEqual([1, 1]);
  clock.advance(1);
  await turn();
  expect(await store.getMany(['a', 'b'])).toEqual([undefined, 1]);
  clock.advance(100);
  await turn();
  expect(await store.get('b')).toBe(undefined);
});

describe('with a journal', () => {
  it('an entry is evicted when the journal has the eviction, and locked until then', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ cache: lru({ max: 1 }), journal });
    const evicted = evictions(store);
    const succeed = async (): Promise<void> => {
      await turn();
      journal.succeed();
      await turn();
    };
    void store.put('a', 1);
    await succeed();
    void store.put('b', 1);
    await succeed();
    expect(journal.commits.at(-1)?.writes).toEqual([expect.objectContaining({ key: 'a', deleted: true })]);
    expect(await store.has('a')).toBe(true);
    await assertRejects(store.put('a', 2, { lockTimeout: 0 }), 'LOCK_UNAVAILABLE');
    await succeed();
    expect(await store.has('a')).toBe(false);
    expect(evicted).toEqual(['a evicted']);
    expect(store.locks().held).toEqual([]);
  });

  it('an entry stays if the journal fails, and is evicted later', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ cache: lru({ maxSize: 5, sizeOf: (value) => value as number }), journal });
    const errors: unknown[] = [];
    store.on('journalError', ({ error }) => errors.push(error));
    const settle = async (end: () => void): Promise<void> => {
      await turn();
      end();
      await turn();
    };
    void store.put('a', 3);
    await settle(() => journal.succeed());
    void store.put('b', 4);
    await settle(() => journal.succeed());
    const full = new Error('the disk is full');
    await settle(() => journal.fail(full));
    expect(errors).toEqual([full]);
    expect(await store.getMany(['a', 'b'])).toEqual([3, 4]);
    expect(store.stats()).toMatchObject({ cacheSize: 7, evictions: 0 });
    void store.put('b', 5);
    await settle(() => journal.succeed());
    await settle(() => journal.succeed());
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, 5]);
    expect(store.stats()).toMatchObject({ cacheSize: 5, entries: 1, evictions: 1 });
  });

  it('an eviction releases its lock even if the cache throws when the eviction is undone', async () => {
    const disk = new MemoryDisk();
    let fails = false;
    const sizeOf = (): number => {
      if (fails) throw new Error('no size');
      return 1;
    };
    const { store } = openStore({ journal: disk.journal(), cache: lru({ max: 1, maxSize: 10, sizeOf }) });
    await store.put('a', 1);
    disk.failNth(2, new Error('the disk is full'));
    await store.put('b', 1);
    fails = true;
    await turn();
    await turn();
    expect(store.locks().held).toEqual([]);
    fails = false;
    await store.put('a', 2, { lockTimeout: 0 });
    await store.close();
  });
});
