import { lru, MemStore } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { type Deadline, WaitTimer } from '../../src/engine/wait-timer.ts';
import { HeldJournal } from '../semantics/held-journal.ts';

type Numbers = Record<string, number>;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// What single changes of the engine broke without any other test that noticed.

describe('a transaction that waits', () => {
  it('has its ttl told when the writer is done, and not before', async () => {
    const store = new MemStore<Numbers>({ clock: new FakeClock() });
    const writer = await store.begin();
    await writer.put('a', 1, { ttl: 50 });
    const tx = await store.begin();
    const ttl = tx.ttl('a');
    await writer.commit();
    expect(await ttl).toBe(50);
    await tx.commit();
  });

  it('cannot go back to a savepoint any more once its commit is asked for, and commits', async () => {
    const store = new MemStore<Numbers>();
    const writer = await store.begin();
    await writer.put('a', 1);
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    const reading = tx.get('a');
    const committing = tx.commit();
    await expect(tx.rollbackTo(savepoint)).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' });
    await writer.commit();
    expect(await reading).toBe(1);
    await committing;
  });

  it('tells the journal of nothing when it wrote nothing', async () => {
    const journal = new HeldJournal();
    const store = new MemStore<Numbers>({ journal });
    const writer = await store.begin();
    await writer.getForUpdate('a');
    const tx = await store.begin();
    const reading = tx.get('a');
    const committing = tx.commit();
    await writer.commit();
    await reading;
    await turn();
    expect(journal.commits).toEqual([]);
    await committing;
  });
});

describe('an entry whose time is over', () => {
  it('stays for each transaction that has read it, not only for the first', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    await store.put('a', 1, { ttl: 10 });
    const [first, second] = [await store.begin(), await store.begin()];
    expect(await first.get('a')).toBe(1);
    clock.advance(20);
    expect(await second.get('a')).toBe(1);
    await first.commit();
    clock.advance(1_000);
    expect(await second.get('a')).toBe(1);
    await second.commit();
    expect(await store.get('a')).toBeUndefined();
  });
});

describe('a snapshot', () => {
  it('does not see an entry whose time was over when it began, though the entry has not been removed yet', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock });
    await store.putMany(Object.entries({ a: 1, b: 1 }), { ttl: 10 });
    const [reader, other] = [await store.begin(), await store.begin()];
    await reader.get('a');
    await other.get('b');
    clock.advance(20);
    await reader.commit();
    const snapshot = await store.begin({ readOnly: true });
    expect(await snapshot.getMany(['a', 'b'])).toEqual([undefined, 1]);
    expect(await snapshot.ttl('a')).toBeUndefined();
    await store.put('a', 2);
    expect(await snapshot.get('a')).toBeUndefined();
    await Promise.all([snapshot.commit(), other.commit()]);
  });

  it('has no ttl for a version that was to stay for good', async () => {
    const store = new MemStore<Numbers>({ clock: new FakeClock() });
    await store.put('a', 1);
    const snapshot = await store.begin({ readOnly: true });
    await store.put('a', 2, { ttl: 10 });
    expect(await snapshot.ttl('a')).toBeUndefined();
    await snapshot.commit();
  });

  it('uses what it reads, so that the cache keeps it', async () => {
    const store = new MemStore<Numbers>({ cache: lru({ max: 2 }) });
    await store.putMany(Object.entries({ a: 1, b: 1 }));
    const snapshot = await store.begin({ readOnly: true });
    await snapshot.get('a');
    await snapshot.commit();
    await store.put('c', 1);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([1, undefined, 1]);
  });

  it('takes no place of a transaction, and gives none back', async () => {
    const store = new MemStore<Numbers>({ maxActiveTransactions: 1 });
    const tx = await store.begin();
    await (await store.begin({ readOnly: true })).commit();
    await expect(store.begin({ lockTimeout: 0 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await tx.commit();
  });
});

describe('a scan', () => {
  it.each([false, true])(
    'keeps the options it was given, and ends when asked to (readOnly: %s)',
    async (readOnly) => {
      const store = new MemStore<Numbers>();
      await store.putMany(Object.entries({ a: 1, b: 2 }));
      const tx = await store.begin({ readOnly });
      const options = { limit: 1 };
      const rows = tx.entries(options);
      options.limit = 2;
      const seen: string[] = [];
      for await (const [key] of rows) seen.push(key);
      expect(seen).toEqual(['a']);
      const left = tx.entries();
      await left.next();
      await left.return?.();
      expect(await left.next()).toEqual({ done: true, value: undefined });
      await tx.commit();
    },
  );
});

describe('the age of a transaction', () => {
  it.each([0, 2])('is that of an earlier one, and not %s', async (age) => {
    const store = new MemStore<Numbers>();
    await (await store.begin()).commit();
    await expect(store.begin({ age })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('savepoints', () => {
  it('leave a scan alone that was made before them', async () => {
    const store = new MemStore<Numbers>();
    await store.put('a', 1);
    const tx = await store.begin();
    const rows = tx.entries();
    await tx.rollbackTo(await tx.savepoint());
    expect(await rows.next()).toEqual({ done: false, value: ['a', 1] });
    await tx.commit();
  });

  it('of somebody else are refused with a code', async () => {
    const store = new MemStore<Numbers>();
    const [tx, other] = [await store.begin(), await store.begin()];
    await tx.savepoint();
    await expect(tx.rollbackTo(await other.savepoint())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await Promise.all([tx.commit(), other.commit()]);
  });
});

describe('a transaction that has ended', () => {
  it('says so, whatever else is wrong with the call', async () => {
    const store = new MemStore<Numbers>();
    const tx = await store.begin();
    await tx.commit();
    await expect(tx.put('a', 1, { ttl: -1 })).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' });
  });
});

describe('the idle timeout', () => {
  it('begins with the transaction, however old the process is', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock, idleTimeout: 100 });
    const first = await store.begin();
    clock.advance(1_000);
    expect(first.status).toBe('aborted');
    const tx = await store.begin();
    clock.advance(99);
    expect(tx.status).toBe('active');
    await tx.commit();
  });

  it('begins again with an operation that has options', async () => {
    const clock = new FakeClock();
    const store = new MemStore<Numbers>({ clock, idleTimeout: 100 });
    const tx = await store.begin();
    clock.advance(90);
    await tx.get('a', { lockTimeout: 10 });
    clock.advance(90);
    expect(tx.status).toBe('active');
    await tx.commit();
  });
});

describe('WaitTimer', () => {
  it('does not end a wait that went on because another one of the same moment gave up', async () => {
    const clock = new FakeClock();
    const timer = new WaitTimer(clock);
    const ended: string[] = [];
    const second: Deadline = { deadlineMs: 0, timeoutMs: 10, expire: () => ended.push('second') };
    const first: Deadline = {
      deadlineMs: 0,
      timeoutMs: 10,
      expire: () => {
        ended.push('first');
        timer.remove(second);
      },
    };
    timer.add(first);
    timer.add(second);
    timer.add({ deadlineMs: 0, timeoutMs: 10, expire: () => ended.push('third') });
    clock.advance(10);
    await turn();
    expect(ended).toEqual(['first', 'third']);
  });
});
