import { lru } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { openImmediate } from './open-immediate.ts';

const INVALID_KEY = expect.objectContaining({ code: 'INVALID_KEY' });

// What the server does for commands without a transaction; `test/server` has the same over a socket.
describe('operations within the call', () => {
  it('are done when the call returns, and hand out copies', async () => {
    const { store, immediate } = openImmediate();
    expect(immediate.isOpen).toBe(true);
    const value = { n: 1 };
    expect(immediate.put('a', value, undefined)).toBe(true);
    value.n = 2;
    const read = immediate.get('a');
    expect(read).toEqual({ n: 1 });
    expect(read).not.toBe(immediate.get('a'));
    expect(await store.get('a')).toEqual({ n: 1 });
    expect(immediate.del('a')).toBe(true);
    expect(immediate.del('a')).toBe(false);
    expect(immediate.get('a')).toBeUndefined();
  });

  it('are transactions of their own, in what is counted and told', async () => {
    const { store, immediate } = openImmediate({ cache: lru({ max: 2 }) });
    const seen: unknown[] = [];
    store.on('commit', ({ transactionId, writes }) => seen.push(['commit', transactionId, writes]));
    store.on('evict', ({ key }) => seen.push(['evict', key]));
    immediate.put('a', 1, undefined);
    immediate.put('b', 1, undefined);
    // Deleting nothing is no commit.
    immediate.del('absent');
    immediate.put('c', 1, undefined);
    immediate.del('c');
    await Promise.resolve();
    // The eviction has a number of its own.
    expect(seen).toEqual([
      ['commit', 1, 1],
      ['commit', 2, 1],
      ['commit', 3, 1],
      ['evict', 'a'],
      ['commit', 5, 1],
    ]);
    expect(store.stats()).toMatchObject({ begins: 4, commits: 4, evictions: 1, entries: 1 });
  });

  it('are not done where they would have to wait for a lock', async () => {
    const { store, immediate } = openImmediate();
    await store.put('a', 1);
    const tx = await store.begin();
    await tx.get('a');
    expect(immediate.put('a', 2, undefined)).toBe(false);
    expect(immediate.del('a')).toBeUndefined();
    expect(immediate.get('a')).toBe(1);
    await tx.commit();
    expect(await store.get('a')).toBe(1);
    expect(immediate.put('a', 2, undefined)).toBe(true);
    expect(immediate.del('a')).toBe(true);
  });

  it('are not done where they would have to wait for a journal', async () => {
    const { store, immediate } = openImmediate({ journal: new MemoryDisk().journal() });
    expect(immediate.isOpen).toBe(false);
    await store.put('a', 1);
    expect(immediate.isOpen).toBe(true);
    expect(immediate.put('a', 2, undefined)).toBe(false);
    expect(immediate.del('a')).toBeUndefined();
    expect(immediate.get('a')).toBe(1);
    // Only to delete what is not there needs no journal.
    expect(immediate.del('absent')).toBe(false);
    await store.close();
    expect(immediate.isOpen).toBe(false);
  });

  it('keep to the life of an entry, and to that of one which a transaction keeps', async () => {
    const clock = new FakeClock();
    const { store, immediate } = openImmediate({ clock });
    immediate.put('a', 1, 10);
    immediate.put('b', 1, 10);
    const reader = await store.begin();
    await reader.get('b');
    clock.advance(9);
    expect([immediate.get('a'), immediate.get('b')]).toEqual([1, 1]);
    clock.advance(1);
    expect([immediate.get('a'), immediate.get('b')]).toEqual([undefined, 1]);
    expect(immediate.del('a')).toBe(false);
    await reader.commit();
    expect(immediate.get('b')).toBeUndefined();
  });

  it('refuse what the store refuses', () => {
    const { immediate } = openImmediate({ maxKeyLength: 3 });
    for (const key of [5, undefined] as unknown as string[]) {
      expect(() => immediate.get(key)).toThrow(INVALID_KEY);
      expect(() => immediate.del(key)).toThrow(INVALID_KEY);
      expect(() => immediate.put(key, 1, undefined)).toThrow(INVALID_KEY);
    }
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => immediate.put('a', undefined, undefined)).toThrow(refused('INVALID_VALUE'));
    expect(() => immediate.put('a', 1, -1)).toThrow(refused('INVALID_OPTION'));
    expect(() => immediate.put('long', 1, undefined)).toThrow(refused('LIMIT_EXCEEDED'));
    expect(immediate.get('a')).toBeUndefined();
  });
});
