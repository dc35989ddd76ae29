import { MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { HeldJournal } from '../held-journal.ts';
import { openStore, turn } from '../open-store.ts';

const add = (value: unknown): number => ((value as number | undefined) ?? 0) + 1;

describe('update of a MemStore', () => {
  it('commits within the call if the function is synchronous and the key is free', async () => {
    const { store } = openStore();
    const updating = store.update('k', add);
    expect(store.stats()).toMatchObject({ commits: 1, entries: 1, activeTransactions: 0 });
    const seen: unknown[] = [];
    void store.get('k').then((value) => seen.push(value));
    await turn();
    expect(seen).toEqual([1]);
    expect(await updating).toBe(1);
    await store.close();
  });

  it('is undone if the function throws, and leaves no transaction open', async () => {
    const { store } = openStore();
    const failing = store.update('k', () => {
      throw new RangeError('no');
    });
    expect(store.stats()).toMatchObject({ commits: 0, entries: 0, activeTransactions: 0 });
    await expect(failing).rejects.toThrow(RangeError);
    await store.close();
  });

  it('counts the time of an async function towards idleTimeout', async () => {
    const { store, clock } = openStore({ idleTimeout: 1_000 });
    const updating = store.update('k', () => new Promise<number>(() => {}));
    const outcome = updating.then(
      () => 'updated',
      (error: { code?: string }) => error.code,
    );
    for (let sweep = 0; sweep < 40; sweep++) {
      await turn();
      clock.advance(100);
    }
    expect(await outcome).toBe('TRANSACTION_EXPIRED');
    expect(await store.update('k', add)).toBe(1);
    await store.close();
  });

  it('does not count as idle while it waits for its lock', async () => {
    const { store, clock } = openStore({ idleTimeout: 1_000, lockTimeout: Number.POSITIVE_INFINITY });
    const holder = await store.begin({ idleTimeout: Number.POSITIVE_INFINITY });
    await holder.put('k', 5);
    const updating = store.update('k', add);
    for (let sweep = 0; sweep < 40; sweep++) {
      await turn();
      clock.advance(100);
    }
    await holder.commit();
    expect(await updating).toBe(6);
    await store.close();
  });

  it('keeps the deadline to the millisecond', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 1_000 });
    clock.advance(400);
    await store.update('k', add);
    await store.increment('k');
    await store.transaction((tx) => tx.increment('k'));
    expect(await store.transaction((tx) => tx.ttl('k'))).toBe(600);
    clock.advance(599);
    expect(await store.get('k')).toBe(4);
    clock.advance(1);
    expect(await store.get('k')).toBeUndefined();
    expect(await store.increment('k')).toBe(1);
    await store.close();
  });

  it('gives an entry that never expires no default ttl', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: Number.POSITIVE_INFINITY });
    await store.update('k', add);
    clock.advance(10 ** 9);
    expect(await store.get('k')).toBe(2);
    await store.close();
  });

  it('does not revive an entry whose deadline passes before the commit', async () => {
    const { store, clock } = openStore();
    await store.put('k', 1, { ttl: 1_000 });
    const tx = await store.begin();
    await tx.update('k', add);
    clock.advance(2_000);
    await tx.commit();
    expect(await store.get('k')).toBeUndefined();
    await store.close();
  });
});

describe('update of a MemStore with a journal', () => {
  it('is part of a commit that its function calls', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const tx = await store.begin();
    await tx.put('a', 1);
    let committing: Promise<void> | undefined;
    const updating = tx.update('b', () => {
      committing = tx.commit();
      return 2;
    });
    expect(await updating).toBe(2);
    journal.succeed();
    await committing;
    expect(journal.commits.flatMap(({ writes }) => writes.map(({ key }) => key))).toEqual(['a', 'b']);
    expect(await store.getMany(['a', 'b'])).toEqual([1, 2]);
    await store.close();
  });
});

describe('the function of an update in a transaction', () => {
  it('commits after the update, in one step with it', async () => {
    const { store } = openStore();
    const tx = await store.begin();
    let committing: Promise<void> | undefined;
    const updating = tx.update('k', () => {
      committing = tx.commit();
      expect(tx.status).toBe('committing');
      return 1;
    });
    expect(store.stats()).toMatchObject({ commits: 1, entries: 1, activeTransactions: 0 });
    expect(await updating).toBe(1);
    await committing;
    await store.close();
  });

  it('fails the commit that it called if it throws', async () => {
    const { store } = openStore();
    const tx = await store.begin();
    await tx.put('k', 1);
    let committing: Promise<void> | undefined;
    const updating = tx.update('k', () => {
      committing = tx.commit();
      throw new RangeError('no');
    });
    await expect(updating).rejects.toThrow(RangeError);
    await expect(committing).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(store.stats()).toMatchObject({ commits: 0, entries: 0, activeTransactions: 0 });
    await store.close();
  });

  it('ends the update if it rolls the transaction back', async () => {
    const { store } = openStore();
    const tx = await store.begin();
    const updating = tx.update('k', () => {
      void tx.rollback();
      return 1;
    });
    await expect(updating).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(store.stats()).toMatchObject({ entries: 0, activeTransactions: 0 });
    await store.close();
  });

  it.each(['free', 'locked'])('undoes the update with rollbackTo, on a key that is %s', async (state) => {
    const { store } = openStore();
    const holder = await store.begin();
    if (state === 'locked') await holder.put('k', 0);
    const tx = await store.begin();
    const savepoint = await tx.savepoint();
    let undoing: Promise<void> | undefined;
    const updating = tx.update('k', () => {
      undoing = tx.rollbackTo(savepoint);
      return 1;
    });
    await holder.rollback();
    await updating.catch(() => {});
    await undoing;
    expect(await tx.get('k')).toBeUndefined();
    await tx.commit();
    await store.close();
  });

  it('begins no operation during its call, even if it cancels an earlier one', async () => {
    const { store } = openStore();
    const tx = await store.begin();
    const controller = new AbortController();
    let reading: Promise<unknown> | undefined;
    await tx.update('k', () => {
      tx.put('k', 5, { signal: controller.signal }).catch(() => {});
      reading = tx.get('k');
      controller.abort();
      return 1;
    });
    expect(await reading).toBe(1);
    await tx.commit();
    await store.close();
  });

  it('ends with idleTimeout if it awaits an operation of the transaction', async () => {
    const { store, clock } = openStore({ idleTimeout: 1_000 });
    const tx = await store.begin();
    const updating = tx.update('k', async () => (await tx.increment('k', 10)) + 1);
    const outcome = expect(updating).rejects.toMatchObject({ code: 'TRANSACTION_EXPIRED' });
    for (let sweep = 0; sweep < 40; sweep++) {
      await turn();
      clock.advance(100);
    }
    await outcome;
    await store.close();
  });
});

describe('clear of a MemStore', () => {
  it('deletes nothing if the range has more entries than maxTransactionWrites', async () => {
    const store = new MemStore<Record<string, number>>({ maxTransactionWrites: 3 });
    for (const key of ['a', 'b', 'c', 'd']) await store.put(key, 1);
    await expect(store.clear()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(store.stats().entries).toBe(4);
    expect(await store.clear({ lt: 'd' })).toBe(3);
    await store.close();
  });

  it('deletes more entries than one turn has time for', async () => {
    const { store } = openStore();
    const keys = Array.from({ length: 20_000 }, (_, index) => [`k${index}`, index] as const);
    await store.putMany(keys);
    expect(await store.clear()).toBe(20_000);
    expect(store.stats()).toMatchObject({ entries: 0, activeTransactions: 0 });
    await store.close();
  });
});
