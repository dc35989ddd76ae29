import { lru } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { openDirect } from './open-direct.ts';

const INVALID_KEY = expect.objectContaining({ code: 'INVALID_KEY' });

// The server uses these operations for commands without a transaction. The tests in `test/server` cover them
// over a socket.
describe('the direct form of a store', () => {
  it('does everything synchronously, and returns copies', async () => {
    const { store, direct } = openDirect();
    const value = { n: 1 };
    expect(direct.put('a', value, undefined, undefined)).toBeUndefined();
    value.n = 2;
    const read = direct.get('a', undefined);
    expect(read).toEqual({ n: 1 });
    expect(read).not.toBe(direct.get('a', undefined));
    expect(await store.get('a')).toEqual({ n: 1 });
    expect(direct.del('a', undefined)).toBe(true);
    expect(direct.del('a', undefined)).toBe(false);
    expect(direct.get('a', undefined)).toBeUndefined();
  });

  it('counts and reports each operation as a transaction', async () => {
    const { store, direct } = openDirect({ cache: lru({ max: 2 }) });
    const seen: unknown[] = [];
    store.on('commit', ({ transactionId, writes }) => seen.push(['commit', transactionId, writes]));
    store.on('evict', ({ key }) => seen.push(['evict', key]));
    direct.put('a', 1, undefined, undefined);
    direct.put('b', 1, undefined, undefined);
    // A del that deletes nothing is not a commit.
    direct.del('absent', undefined);
    direct.put('c', 1, undefined, undefined);
    direct.del('c', undefined);
    await Promise.resolve();
    // The eviction has its own transaction id.
    expect(seen).toEqual([
      ['commit', 1, 1],
      ['commit', 2, 1],
      ['commit', 3, 1],
      ['evict', 'a'],
      ['commit', 5, 1],
    ]);
    expect(store.stats()).toMatchObject({ begins: 4, commits: 4, evictions: 1, entries: 1 });
  });

  it('returns a promise for a write that waits for a lock, and reads without waiting', async () => {
    const { store, direct } = openDirect();
    await store.put('a', 1);
    const tx = await store.begin();
    await tx.get('a');
    const put = direct.put('a', 2, undefined, undefined);
    const deleted = direct.delMany(['b', 'a', 'a'], undefined);
    expect([put, deleted].map((result) => result instanceof Promise)).toEqual([true, true]);
    expect(direct.get('a', undefined)).toBe(1);
    await tx.commit();
    await put;
    expect(await deleted).toBe(1);
    expect(direct.put('a', 2, undefined, undefined)).toBeUndefined();
    expect(direct.del('a', undefined)).toBe(true);
  });

  it('returns a promise for a write that waits for a journal, and refuses a write after close', async () => {
    const { store, direct } = openDirect({ journal: new MemoryDisk().journal() });
    const early = direct.get('a', undefined);
    expect(early).toBeInstanceOf(Promise);
    expect(await early).toBeUndefined();
    const put = direct.put('a', 2, undefined, undefined);
    expect(put).toBeInstanceOf(Promise);
    await put;
    expect(direct.get('a', undefined)).toBe(2);
    expect(direct.del('absent', undefined)).toBe(false);
    expect(await direct.del('a', undefined)).toBe(true);
    await store.close();
    await expect(direct.get('a', undefined)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  it('counts existing keys, and returns the remaining TTL of an entry', () => {
    const { direct } = openDirect({ clock: new FakeClock() });
    direct.put('a', 1, undefined, undefined);
    direct.put('b', 1, 50, undefined);
    expect(direct.countExisting(['a', 'b', 'a', 'c'], undefined)).toBe(3);
    expect(['a', 'b', 'c'].map((key) => direct.timeToLive(key, undefined))).toEqual([
      Number.POSITIVE_INFINITY,
      50,
      undefined,
    ]);
  });

  it('refuses an operation whose signal is aborted', async () => {
    const { direct } = openDirect();
    const wait = { signal: AbortSignal.abort() };
    const aborted = { code: 'ABORTED' };
    await expect(direct.get('a', wait)).rejects.toMatchObject(aborted);
    await expect(direct.put('a', 1, undefined, wait)).rejects.toMatchObject(aborted);
    await expect(direct.del('a', wait)).rejects.toMatchObject(aborted);
    expect(direct.has('a', undefined)).toBe(false);
  });

  it('respects expiry, also of an entry that a transaction keeps beyond its TTL', async () => {
    const clock = new FakeClock();
    const { store, direct } = openDirect({ clock });
    direct.put('a', 1, 10, undefined);
    direct.put('b', 1, 10, undefined);
    const reader = await store.begin();
    await reader.get('b');
    clock.advance(9);
    expect([direct.get('a', undefined), direct.get('b', undefined)]).toEqual([1, 1]);
    clock.advance(1);
    expect([direct.get('a', undefined), direct.get('b', undefined)]).toEqual([undefined, 1]);
    expect(direct.del('a', undefined)).toBe(false);
    await reader.commit();
    expect(direct.get('b', undefined)).toBeUndefined();
  });

  it('refuses the same arguments as the store', () => {
    const { direct } = openDirect({ maxKeyLength: 3 });
    for (const key of [5, undefined] as unknown as string[]) {
      expect(() => direct.get(key, undefined)).toThrow(INVALID_KEY);
      expect(() => direct.del(key, undefined)).toThrow(INVALID_KEY);
      expect(() => direct.put(key, 1, undefined, undefined)).toThrow(INVALID_KEY);
    }
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => direct.put('a', undefined, undefined, undefined)).toThrow(refused('INVALID_VALUE'));
    expect(() => direct.put('a', 1, -1, undefined)).toThrow(refused('INVALID_OPTION'));
    expect(() => direct.put('long', 1, undefined, undefined)).toThrow(refused('LIMIT_EXCEEDED'));
    expect(direct.get('a', undefined)).toBeUndefined();
  });
});
