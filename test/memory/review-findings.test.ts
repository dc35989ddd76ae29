import { hashShards, keyLocks, lru, MemStore, type ShardStrategy, type Timer } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { turn } from './open-store.ts';

// Each of these was a bug that a review found; the test fails without the repair.

type Numbers = Record<string, number>;

async function stored(keys: readonly string[]): Promise<MemStore<Numbers>> {
  const store = new MemStore<Numbers>();
  for (const [index, key] of keys.entries()) await store.put(key, index);
  return store;
}

/**
 * Time that moves by hand, and a sweeper that never has its turn: nobody removes what is due but who comes to
 * it.
 */
class UnsweptClock extends FakeClock {
  override setTimer(): Timer {
    return undefined;
  }
}

describe('scans', () => {
  it('of the store give each row once, to calls of next without an await in between', async () => {
    const store = await stored(['a', 'b']);
    for (const rows of [store.entries(), store.showAll()]) {
      const results = await Promise.all([rows.next(), rows.next(), rows.next()]);
      expect(results.map(({ done, value }) => (done ? 'end' : value[0]))).toEqual(['a', 'b', 'end']);
    }
  });

  it('begun right after a savepoint are cancelled by rollbackTo', async () => {
    const store = await stored(['a', 'b']);
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    const rows = tx.entries();
    await rows.next();
    await tx.rollbackTo(savepoint);
    await expect(rows.next()).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('with a limit lock what was read when the caller leaves early', async () => {
    const store = await stored(['a', 'b', 'c', 'd']);
    const tx = await store.begin();
    for await (const [key] of tx.entries({ limit: 3 })) {
      expect(key).toBe('a');
      break;
    }
    expect(store.locks().held).toEqual([
      { transactionId: tx.id, range: { from: '', to: 'a\0' }, mode: 'shared' },
    ]);
  });

  it('read their own writes ahead, and not again those behind', async () => {
    const store = await stored(['a', 'c', 'e']);
    const tx = await store.begin();
    const seen: [string, number][] = [];
    for await (const [key, value] of tx.entries()) {
      seen.push([key, value]);
      if (key === 'a') await tx.put('b', 10);
      if (key === 'c')
        await tx.putMany([
          ['a', 11],
          ['e', 12],
        ]);
      if (key === 'b') await tx.put('c', 13);
    }
    expect(seen).toEqual([
      ['a', 0],
      ['b', 10],
      ['c', 13],
      ['e', 12],
    ]);
  });

  it('lose no row when it cannot be copied once', async () => {
    let fails = false;
    const clone = <T>(value: T): T => {
      if (fails) throw new Error('not now');
      return structuredClone(value);
    };
    const store = new MemStore<Record<string, object>>({ clone });
    await store.putMany([
      ['a', {}],
      ['b', {}],
    ]);
    const tx = await store.begin();
    const snapshot = await store.begin({ readOnly: true });
    for (const rows of [tx.entries(), tx.entries({ forUpdate: true }), snapshot.entries()]) {
      fails = true;
      await expect(rows.next()).rejects.toThrow('not now');
      fails = false;
      expect((await rows.next()).value?.[0]).toBe('a');
    }
  });
});

describe('listeners', () => {
  it('that use the store do so when it is done', async () => {
    const clock = new UnsweptClock();
    const store = new MemStore<Numbers>({ clock });
    await store.put('a', 1);
    await store.put('b', 1, { ttl: 10 });
    await store.put('d', 1);
    store.on('expire', ({ key }) => void store.put(`${key}2`, 2, { lockTimeout: 0 }).catch(() => {}));
    clock.advance(10);
    const tx = await store.begin();
    const scan = async (): Promise<string[]> => {
      const keys: string[] = [];
      for await (const [key] of tx.entries({ limit: 10 })) keys.push(key);
      return keys;
    };
    expect(await scan()).toEqual(['a', 'd']);
    expect(await tx.get('b2')).toBeUndefined();
    expect(await scan()).toEqual(['a', 'd']);
  });

  it('registered once and for good are two registrations', async () => {
    const store = new MemStore<Numbers>();
    let calls = 0;
    const listener = (): void => void calls++;
    store.on('commit', listener).once('commit', listener);
    for (const value of [1, 2, 3]) await store.put('a', value);
    expect(calls).toBe(4);
  });

  it('that close the store for a snapshot that is given up end no commit twice', async () => {
    const store = new MemStore<Numbers>({ maxHistoryVersions: 0 });
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

describe('expiry', () => {
  it('comes to a key that is handed from one waiter to the next', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    await store.put('k', 1, { ttl: 10 });
    const holder = await store.begin();
    expect(await holder.get('k')).toBe(1);
    const waiter = await store.begin();
    const waiting = waiter.getForUpdate('k');
    clock.advance(20);
    // Who has read it reads it again.
    expect(await holder.get('k')).toBe(1);
    await holder.commit();
    expect(await waiting).toBeUndefined();
  });

  it('stays with an upgrade that waited, which has read the entry', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
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

  it('is not undone by a lock that somebody gets later', async () => {
    const clock = new UnsweptClock();
    const store = new MemStore<Numbers>({ clock });
    await store.put('k', 1, { ttl: 10 });
    const range = await store.begin();
    await range.put('k2', 1);
    for await (const _ of range.entries({ lte: 'j' }));
    const waiter = await store.begin();
    const rows = waiter.entries().next();
    clock.advance(10);
    // Due, and locked by nobody: it is gone.
    expect(await store.get('k')).toBeUndefined();
    await range.rollback();
    expect(await rows).toEqual({ done: true, value: undefined });
    expect(await waiter.get('k')).toBeUndefined();
  });

  it('is swept behind any number of entries that are kept', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const tx = await store.begin();
    for (let index = 0; index < 1500; index++) await store.put(`kept:${index}`, 1, { ttl: 10 });
    for await (const _ of tx.entries({ prefix: 'kept:' }));
    for (let index = 0; index < 1500; index++) await store.put(`swept:${index}`, 1, { ttl: 20 });
    clock.advance(1000);
    expect(store.stats().entries).toBe(1500);
    await tx.commit();
    clock.advance(1000);
    expect(store.stats().entries).toBe(0);
  });

  it('before the opening is told to the journal', async () => {
    const disk = new MemoryDisk();
    const clock = new FakeClock();
    const first = new MemStore<Numbers>({ clock, journal: disk.journal() });
    await first.put('k', 1, { ttl: 10 });
    await first.close();
    clock.advance(20);
    const second = new MemStore<Numbers>({ clock, journal: disk.journal() });
    expect(await second.get('k')).toBeUndefined();
    await second.close();
    expect([...disk.entries()]).toEqual([]);
  });
});

describe('eviction', () => {
  it('whose undoing fails leaves no lock behind', async () => {
    const disk = new MemoryDisk();
    let fails = false;
    const sizeOf = (): number => {
      if (fails) throw new Error('no size');
      return 1;
    };
    const store = new MemStore<Numbers>({
      journal: disk.journal(),
      cache: lru({ max: 1, maxSize: 10, sizeOf }),
    });
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

describe('signals and times', () => {
  it('cancel what waits for the store to open', async () => {
    const disk = new MemoryDisk();
    disk.hold();
    const store = new MemStore<Numbers>({ journal: disk.journal() });
    const controller = new AbortController();
    const { signal } = controller;
    const operations = [store.begin({ signal }), store.get('a', { signal }), store.put('a', 1, { signal })];
    controller.abort();
    for (const operation of operations) await expect(operation).rejects.toMatchObject({ code: 'ABORTED' });
    disk.release();
    await store.close();
  });

  it('without end do not end at once', async () => {
    const store = await stored(['a']);
    const tx = await store.begin();
    const closing = store.close({ drainTimeout: Number.POSITIVE_INFINITY });
    await turn();
    await turn();
    expect(tx.status).toBe('active');
    await tx.commit();
    await closing;
  });

  it('that run out do not end who was let in by another that ran out in the same moment', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock, lockTimeout: 10 });
    const [reader, writer, late] = [await store.begin(), await store.begin(), await store.begin()];
    await reader.get('k');
    const writing = writer.put('k', 1);
    const reading = late.get('k');
    clock.advance(10);
    await expect(writing).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(await reading).toBeUndefined();
  });
});

describe('the end of a transaction', () => {
  it('that the work itself brought about without waiting is told as it was', async () => {
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ journal: disk.journal() });
    const result = await store.transaction((tx) => {
      void tx.put('a', 1);
      void tx.commit();
      return 'done';
    });
    expect([result, await store.get('a')]).toEqual(['done', 1]);
    await store.close();
  });

  it('comes by a rejection when a strategy throws in the commit, and frees the locks', async () => {
    const shards: ShardStrategy = {
      name: 'broken',
      create: (host) => {
        const table = hashShards().create(host);
        return Object.assign(Object.create(table), {
          get: (key: string) => table.get(key),
          set: () => {
            throw new Error('full');
          },
        });
      },
    };
    const store = new MemStore<Numbers>({ shards });
    const tx = await store.begin();
    await tx.put('a', 1);
    await expect(tx.commit()).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(tx.status).toBe('aborted');
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });
});

describe('the victims of one block', () => {
  it('are none that another one would have spared', () => {
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
    // 3 is on both cycles; 4, the youngest of one of them, need not die.
    expect(aborted).toEqual([3]);
  });
});
