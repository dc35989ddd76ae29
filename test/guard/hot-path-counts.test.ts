import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { promiseHooks } from 'node:v8';
import { type Clock, hashShards, MemStore, type ShardStrategy } from 'memstore-tx';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as hashing from '../../src/collections/hash-key.ts';
import { LockIndex } from '../../src/locks/key-locks/lock-index.ts';
import { ChangeHub } from '../../src/memory/changes/change-hub.ts';
import { HashShardTable } from '../../src/shards/hash-shards/hash-shard-table.ts';

// These tests bound the cost of an uncontended transaction of one get and one put. They count operations
// instead of measuring time, because times differ between machines and counts do not. If a count falls, lower
// its bound here. A bound may rise only for a good reason.

const KEY = 'account:0000000001';
const MAX_BYTES = [710, 565] as const;

vi.mock('../../src/collections/hash-key.ts', { spy: true });
afterEach(() => vi.clearAllMocks());

/** Returns the number of promises that the call creates before it returns, and its result. */
async function promisesOf<T>(call: () => Promise<T>): Promise<[count: number, result: T]> {
  let count = 0;
  const stop = promiseHooks.onInit(() => count++);
  const promise = call();
  stop();
  return [count, await promise];
}

async function increment(store: MemStore<Record<string, number>>): Promise<void> {
  const tx = await store.begin();
  await tx.put(KEY, ((await tx.get(KEY)) ?? 0) + 1);
  await tx.commit();
}

/** Returns how often the work looks up, adds and deletes a lock in the lock table. */
async function lockTableCallsOf(work: () => Promise<void>): Promise<number[]> {
  const spies = [
    vi.spyOn(LockIndex.prototype, 'get'),
    vi.spyOn(LockIndex.prototype, 'add'),
    vi.spyOn(LockIndex.prototype, 'delete'),
  ];
  await work();
  const calls = spies.map((spy) => spy.mock.calls.length);
  for (const spy of spies) spy.mockRestore();
  return calls;
}

/** Shards that use hashing from a few entries on, as the shards of a large store do. */
const smallShards: ShardStrategy = {
  name: 'small',
  create: (host) => new HashShardTable(host, { singleLimit: 64, shardMean: 32 }),
};

async function storeOf(entries: number, shards: ShardStrategy): Promise<MemStore<Record<string, number>>> {
  const store = new MemStore<Record<string, number>>({ shards });
  for (let number = 0; number < entries; number++) await store.put(`user:${number}`, number);
  await store.put(KEY, 0);
  return store;
}

describe('an uncontended transaction', () => {
  it('creates one promise for begin and one for each result, and none for an operation without a result', async () => {
    const store = await storeOf(10, hashShards());
    const [ofBegin, tx] = await promisesOf(() => store.begin());
    const [ofGet] = await promisesOf(() => tx.get(KEY));
    const [ofPut] = await promisesOf(() => tx.put(KEY, 1));
    const [ofCommit] = await promisesOf(() => tx.commit());
    expect([ofBegin, ofGet, ofPut, ofCommit]).toEqual([1, 1, 0, 0]);
    await store.close();
  });

  it('creates no promise for the end of a snapshot', async () => {
    const store = await storeOf(10, hashShards());
    const [ofBegin, tx] = await promisesOf(() => store.begin({ readOnly: true }));
    const [ofGet] = await promisesOf(() => tx.get(KEY));
    const [ofCommit] = await promisesOf(() => tx.commit());
    const [ofRollback] = await promisesOf(() => tx.rollback());
    expect([ofBegin, ofGet, ofCommit, ofRollback]).toEqual([1, 1, 0, 0]);
    await store.close();
  });

  it('does not touch the lock table if no other transaction has a lock', async () => {
    const store = await storeOf(10, hashShards());
    expect(await lockTableCallsOf(() => increment(store))).toEqual([0, 0, 0]);
    await store.close();
  });

  it('looks up each key once in the lock table if another transaction has a lock, and adds and deletes its lock once', async () => {
    const store = await storeOf(10, hashShards());
    const other = await store.begin();
    await other.put('other', 1);
    // The first transaction after `other` also adds the lock of `other` to the table.
    await increment(store);
    expect(await lockTableCallsOf(() => increment(store))).toEqual([2, 1, 1]);
    await store.close();
  });

  it('hashes no key in a small store, and one key for each lookup in a large store', async () => {
    const small = await storeOf(10, hashShards());
    const large = await storeOf(1000, smallShards);
    const hashes = vi.mocked(hashing.hashKey);
    hashes.mockClear();
    await increment(small);
    expect(hashes).toHaveBeenCalledTimes(0);
    await increment(large);
    expect(hashes).toHaveBeenCalledTimes(2);
    await Promise.all([small.close(), large.close()]);
  });

  it('reads no clock and sets no timer', async () => {
    const calls = { epochMs: 0, monotonicMs: 0, setTimer: 0, clearTimer: 0 };
    const clock: Clock = {
      epochMs: () => ++calls.epochMs,
      monotonicMs: () => ++calls.monotonicMs,
      setTimer: () => ++calls.setTimer,
      clearTimer: () => void calls.clearTimer++,
      yieldTurn: () => Promise.resolve(),
    };
    const store = new MemStore<Record<string, number>>({ clock });
    // The first transaction starts the timer that sweeps idle transactions.
    await increment(store);
    expect(calls).toEqual({ epochMs: 0, monotonicMs: 0, setTimer: 1, clearTimer: 0 });
    await increment(store);
    expect(calls).toEqual({ epochMs: 0, monotonicMs: 0, setTimer: 1, clearTimer: 0 });
    await store.close();
  });
});

describe('a commit and the change feed', () => {
  /** Returns how often a commit calls each function of the feed. */
  async function callsOf(store: MemStore<Record<string, number>>): Promise<number[]> {
    const names = ['begin', 'onWrite', 'changeOf', 'end'] as const;
    const spies = names.map((name) => vi.spyOn(ChangeHub.prototype, name));
    await increment(store);
    const counts = spies.map((spy) => spy.mock.calls.length);
    for (const spy of spies) spy.mockRestore();
    return counts;
  }

  it('do not meet while nobody watches, and not after the last feed has ended', async () => {
    const store = await storeOf(10, hashShards());
    expect(await callsOf(store)).toEqual([0, 0, 0, 0]);
    const feed = store.watch();
    await feed.next();
    expect(await callsOf(store)).toEqual([1, 1, 1, 1]);
    await feed.return?.();
    expect(await callsOf(store)).toEqual([0, 0, 0, 0]);
    await store.close();
  });

  it('make no change, and read no previous value, if only other keys are watched', async () => {
    const store = await storeOf(10, hashShards());
    const feeds = [store.watch('other'), store.watch({ prefix: 'other:' })];
    for (const feed of feeds) await feed.next();
    expect(await callsOf(store)).toEqual([1, 1, 0, 1]);
    await store.close();
  });
});

describe('allocated bytes', () => {
  it(`are at most ${MAX_BYTES.join(' and ')} for a transaction and a snapshot, without their awaits`, async () => {
    const script = fileURLToPath(new URL('allocated-bytes.ts', import.meta.url));
    const flags = ['--expose-gc', '--no-opt', '--no-sparkplug', '--single-threaded'];
    const room = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...flags,
      ...room,
      '--import',
      'tsx',
      script,
    ]);
    const bytes: readonly number[] = JSON.parse(stdout);
    for (const [index, most] of MAX_BYTES.entries()) {
      expect(bytes[index]).toBeGreaterThan(0);
      expect(bytes[index]).toBeLessThanOrEqual(most);
    }
  });
});
