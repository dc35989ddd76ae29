import { lru, MemStore, type Timer } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { collectKeys } from '../../../src/testing/suites/store/collect.ts';
import { MemoryDisk } from '../../journal/memory-disk.ts';
import { turn } from '../open-store.ts';

type Numbers = Record<string, number>;

/** A host with a manual clock and a sweeper that never runs. */
class UnsweptClock extends FakeClock {
  override setTimer(): Timer {
    return undefined;
  }
}

function record(store: MemStore<Numbers>): string[] {
  const seen: string[] = [];
  store.on('evict', ({ key, reason }) => seen.push(`${reason} ${key}`));
  store.on('expire', ({ key, reason }) => seen.push(`${reason} ${key}`));
  return seen;
}

describe('a removal', () => {
  it('of an expired entry counts as an expiry, also when it makes room', async () => {
    const clock = new UnsweptClock();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 2 }) });
    const seen = record(store);
    await store.put('a', 1, { ttl: 10 });
    await store.put('b', 1);
    clock.advance(10);
    await store.put('c', 1);
    await turn();
    expect(seen).toEqual(['expired a']);
    expect(store.stats()).toMatchObject({ evictions: 0, expirations: 1, entries: 2 });
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('of an entry that is being evicted happens once, even if the entry expires before the journal has it', async () => {
    const clock = new FakeClock();
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 1 }), journal: disk.journal() });
    const seen = record(store);
    await store.put('a', 1, { ttl: 10 });
    disk.hold();
    const put = store.put('b', 1);
    await disk.held(1);
    disk.release(1);
    await put;
    // The eviction is now pending in the journal.
    await disk.held(1);
    clock.advance(1_000);
    await turn();
    expect(seen).toEqual([]);
    disk.release();
    await turn();
    expect(seen).toEqual(['evicted a']);
    expect([...disk.entries().keys()]).toEqual(['b']);
    await store.close();
  });

  it('makes close() wait until the journal has it', async () => {
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ cache: lru({ max: 1 }), journal: disk.journal() });
    await store.put('a', 1);
    disk.hold();
    const put = store.put('b', 1);
    await disk.held(1);
    disk.release(1);
    await put;
    await disk.held(1);
    let isClosed = false;
    const closing = store.close().then(() => {
      isClosed = true;
    });
    await turn();
    expect(isClosed).toBe(false);
    disk.release();
    await closing;
    expect([...disk.entries().keys()]).toEqual(['b']);
  });

  it('of an expired entry by a one-shot put counts as an expiry and emits the event', async () => {
    const clock = new UnsweptClock();
    const store = new MemStore<Numbers>({ clock });
    const seen = record(store);
    await store.put('a', 1, { ttl: 5 });
    clock.advance(20);
    await store.put('a', 2);
    expect(seen).toEqual(['expired a']);
    expect(store.stats().expirations).toBe(1);
  });

  it('of an expired entry is not undone by a lock that is granted later', async () => {
    const clock = new UnsweptClock();
    const store = new MemStore<Numbers>({ clock });
    await store.put('k', 1, { ttl: 10 });
    const range = await store.begin();
    await range.put('k2', 1);
    for await (const _ of range.entries({ lte: 'j' }));
    const waiter = await store.begin();
    const rows = waiter.entries().next();
    clock.advance(10);
    // The entry is due and no transaction has locked it, so this read removes it.
    expect(await store.get('k')).toBeUndefined();
    await range.rollback();
    expect(await rows).toEqual({ done: true, value: undefined });
    expect(await waiter.get('k')).toBeUndefined();
  });

  it('by a scan calls a listener that writes only after the scan has locked its range', async () => {
    const clock = new UnsweptClock();
    const store = new MemStore<Numbers>({ clock });
    await store.put('a', 1);
    await store.put('b', 1, { ttl: 10 });
    await store.put('d', 1);
    store.on('expire', ({ key }) => void store.put(`${key}2`, 2, { lockTimeout: 0 }).catch(() => {}));
    clock.advance(10);
    const tx = await store.begin();
    expect(await collectKeys(tx.entries({ limit: 10 }))).toEqual(['a', 'd']);
    expect(await tx.get('b2')).toBeUndefined();
    expect(await collectKeys(tx.entries({ limit: 10 }))).toEqual(['a', 'd']);
  });

  it('of an entry that expired while the store was closed reaches the journal', async () => {
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

/** Calls `onTurn` at each yield of long work. */
class TurnClock extends FakeClock {
  inTurn: () => void | Promise<void> = () => {};

  override async yieldTurn(): Promise<void> {
    // The caller continues first, as it does with the clock of the platform.
    await undefined;
    await this.inTurn();
  }
}

describe('room for a commit of many writes in a small cache', () => {
  const COUNT = 20_000;
  const rows = Array.from({ length: COUNT }, (_, i): [string, number] => [`key:${i}`, i]);

  it('is made in turns, and the commit resolves when there is room', async () => {
    const clock = new TurnClock();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 10 }) });
    await store.putMany(rows.slice(0, 10));
    const tx = await store.begin();
    await tx.putMany(rows);
    const counts: number[] = [];
    clock.inTurn = () => {
      if (store.stats().evictions > 0) counts.push(store.stats().evictions);
    };
    await tx.commit();
    expect(store.stats()).toMatchObject({ entries: 10, evictions: COUNT - 10 });
    const steps = counts.map((count, i) => count - (counts[i - 1] ?? 0));
    expect(Math.max(...steps)).toBe(1024);
    // Writes are made in key order, so `key:9999` is the last one.
    expect(await store.getMany(['key:0', 'key:9999'])).toEqual([undefined, 9_999]);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('lets other commits evict as much as they add', async () => {
    const clock = new TurnClock();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 10 }) });
    const tx = await store.begin();
    await tx.putMany(rows);
    const steps: number[] = [];
    clock.inTurn = async () => {
      const before = store.stats().evictions;
      if (before === 0) return;
      await store.transaction((other) => other.putMany(['x', 'y'].map((key) => [key + before, 1])));
      await store.put(`z${before}`, before);
      await (await store.begin()).rollback();
      steps.push(store.stats().evictions - before);
    };
    await tx.commit();
    clock.inTurn = () => {};
    expect(steps.length).toBeGreaterThan(10);
    expect(new Set(steps)).toEqual(new Set([3]));
    expect(store.stats().entries).toBe(10);
  });

  it('is also made for a second large commit, before that one resolves', async () => {
    const clock = new TurnClock();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 10 }) });
    const [one, two] = [await store.begin(), await store.begin()];
    await one.putMany(rows);
    await two.putMany(rows.slice(0, 10_000).map(([key, value]) => [`other:${key}`, value]));
    let keptByTwo: Promise<number> | undefined;
    clock.inTurn = async () => {
      if (store.stats().evictions > 0) keptByTwo ??= two.commit().then(() => store.stats().entries);
      await turn();
    };
    await one.commit();
    expect(await keptByTwo).toBe(10);
  });

  it('is not used by other commits while the event loop is blocked', async () => {
    const clock = new TurnClock();
    const cache = lru({ maxSize: COUNT, sizeOf: (value) => value as number });
    const store = new MemStore<Numbers>({ clock, cache });
    await store.putMany(rows.map(([key]) => [key, 1]));
    let go = (): void => {};
    clock.inTurn = () =>
      new Promise((resolve) => {
        go = resolve;
      });
    await store.put('large', 10_000);
    const { cacheSize } = store.stats();
    expect(cacheSize).toBe(COUNT + 10_000 - 4096);
    for (const key of ['a', 'b', 'c']) {
      await store.put(key, 1_000);
      expect(store.stats().cacheSize).toBe(cacheSize);
    }
    clock.inTurn = () => {};
    go();
    await turn();
    expect(store.stats().cacheSize).toBe(COUNT);
  });

  it('is made before close resolves, in the journal too', async () => {
    const clock = new TurnClock();
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 10 }), journal: disk.journal() });
    const tx = await store.begin();
    await tx.putMany(rows);
    let closed: Promise<void> | undefined;
    clock.inTurn = async () => {
      disk.release(disk.heldCount);
      if (store.stats().evictions > 0 && closed === undefined) {
        closed = store.close();
        disk.hold();
      }
      await turn();
    };
    await tx.commit();
    await turn();
    // The last evictions are pending in the journal.
    expect(disk.heldCount).toBe(1);
    disk.release();
    await closed;
    expect(disk.entries().size).toBe(10);
  });

  it('is made before a store with a larger journal is open', async () => {
    const disk = new MemoryDisk();
    const before = new MemStore<Numbers>({ journal: disk.journal() });
    await before.putMany(rows);
    await before.close();
    const clock = new TurnClock();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 10 }), journal: disk.journal() });
    const seen: string[] = [];
    clock.inTurn = async () => {
      await turn();
      seen.push('turn');
    };
    await store.get('key:0');
    expect(seen.length).toBeGreaterThan(10);
    const turns = seen.length;
    await store.close();
    expect(seen.length).toBe(turns);
    expect(disk.entries().size).toBe(10);
  });

  it('is not made while the journal refuses evictions', async () => {
    const clock = new TurnClock();
    const disk = new MemoryDisk();
    const store = new MemStore<Numbers>({ clock, cache: lru({ max: 10 }), journal: disk.journal() });
    const errors: unknown[] = [];
    store.on('journalError', ({ error }) => errors.push(error));
    const tx = await store.begin();
    await tx.putMany(rows);
    const full = new Error('full');
    let turns = 0;
    clock.inTurn = async () => {
      turns++;
      await turn();
    };
    for (let nth = 2; nth < 1_000; nth++) disk.failNth(nth, full);
    await tx.commit();
    await turn();
    const before = turns;
    expect(errors.length).toBeLessThan(5);
    expect(new Set(errors)).toEqual(new Set([full]));
    expect(store.stats()).toMatchObject({ entries: COUNT, evictions: 0 });
    expect(turns).toBe(before);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });
});

describe('expiry', () => {
  it('happens without any read, at the earliest deadline, in any order of puts', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    const seen = record(store);
    await store.put('late', 1, { ttl: 100 });
    await store.put('early', 1, { ttl: 50 });
    await store.put('later', 1, { ttl: 150 });
    for (const [ms, expected] of [
      [49, []],
      [1, ['expired early']],
      [50, ['expired early', 'expired late']],
      [50, ['expired early', 'expired late', 'expired later']],
    ] as const) {
      clock.advance(ms);
      await turn();
      expect(seen).toEqual(expected);
    }
    expect(clock.pendingTimers).toBe(0);
  });
});
