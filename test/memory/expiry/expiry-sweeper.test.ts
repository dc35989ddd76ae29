import { type Clock, MemStore } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { ExpiryIndex } from '../../../src/memory/expiry/expiry-index.ts';
import { ExpirySweeper } from '../../../src/memory/expiry/expiry-sweeper.ts';

interface Sweeping {
  readonly clock: FakeClock;
  readonly index: ExpiryIndex;
  readonly sweeper: ExpirySweeper;
  /** The keys of each sweep, in order. */
  readonly sweeps: (readonly string[])[];
}

/**
 * Sweeps an index with `count` entries that are due at 10 ms. The entries for which `keeps` returns true
 * stay.
 */
function sweeping(entries: number, keeps: (key: string) => boolean): Sweeping {
  const clock = new FakeClock();
  const index = new ExpiryIndex();
  const sweeps: (readonly string[])[] = [];
  const sweeper = new ExpirySweeper(clock, index, (keys) => {
    sweeps.push(keys);
    for (const key of keys) if (!keeps(key)) index.delete(key);
  });
  const dueMs = clock.epochMs() + 10;
  for (let at = 0; at < entries; at++) index.set(String(at).padStart(5, '0'), dueMs);
  sweeper.notice(dueMs);
  return { clock, index, sweeper, sweeps };
}

describe('ExpirySweeper', () => {
  it('skips kept entries until all due entries had their turn, a slice each millisecond', () => {
    const { clock, index, sweeps } = sweeping(2_500, (key) => key < '02400');
    clock.advance(10);
    expect(sweeps.map((keys) => keys.length)).toEqual([1_024]);
    clock.advance(2);
    expect(sweeps.map((keys) => keys.length)).toEqual([1_024, 1_024, 452]);
    expect(index.size).toBe(2_400);
  });

  it('retries the kept entries after a while, from the first one on', () => {
    const { clock, sweeps } = sweeping(3, () => true);
    clock.advance(109);
    expect(sweeps).toHaveLength(1);
    clock.advance(1);
    expect(sweeps[1]).toEqual(['00000', '00001', '00002']);
  });

  it('leaves no timer after stop', () => {
    const { clock, sweeper, sweeps } = sweeping(3, () => false);
    sweeper.stop();
    sweeper.notice(clock.epochMs());
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(sweeps).toEqual([]);
  });
});

describe('a change of the system clock', () => {
  it.each([
    ['back', -3_600_000, 3_600_000 + 1_000],
    ['forward', 500, 500],
  ])('%s moves the deadlines of entries, but no lock timeout', async (_way, byMs, leftMs) => {
    const fake = new FakeClock();
    let offsetMs = 0;
    const clock: Clock = {
      epochMs: () => fake.epochMs() + offsetMs,
      monotonicMs: () => fake.monotonicMs(),
      setTimer: (callback, delayMs, keepAlive) => fake.setTimer(callback, delayMs, keepAlive),
      clearTimer: (timer) => fake.clearTimer(timer),
      yieldTurn: () => fake.yieldTurn(),
    };
    const store = new MemStore({ clock });
    await store.put('a', 1, { ttl: 1_000 });
    await store.put('gone', 1, { ttl: 1 });
    fake.advance(1);
    offsetMs = byMs;
    const holder = await store.begin();
    await holder.put('b', 1);
    const tx = await store.begin();
    const waiting = expect(tx.put('b', 2, { lockTimeout: 50 })).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
    });
    fake.advance(50);
    await waiting;
    await holder.rollback();
    fake.advance(leftMs - 1 - 50 - 1);
    expect(await store.getMany(['a', 'gone'])).toEqual([1, undefined]);
    fake.advance(1);
    expect(await store.get('a')).toBe(undefined);
    await store.close();
  });
});
