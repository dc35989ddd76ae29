import { lru, MemStore, type Timer } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { turn } from '../semantics/open-store.ts';

type Numbers = Record<string, number>;

/** Time that moves by hand, and a sweeper that never has its turn. */
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
  it('of an entry whose time is over is an expiry, and makes room as well', async () => {
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

  it('of an entry that is being evicted happens once, though its time ends before the journal has it', async () => {
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
    // Now the eviction is on its way.
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

  it('that the journal has not got yet is waited for by close', async () => {
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
});

describe('expiry', () => {
  it('comes by itself, at the earliest moment of all, whichever entry was put first', async () => {
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
