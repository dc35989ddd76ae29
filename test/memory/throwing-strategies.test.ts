import {
  type Cache,
  type CacheStrategy,
  hashShards,
  type JournalStrategy,
  keyLocks,
  type LockManager,
  type LockStrategy,
  lru,
  MemStore,
  type MemStoreOptions,
  type ShardStrategy,
  type ShardTable,
  type StoreEvents,
} from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { turn } from './open-store.ts';

const broken = new Error('broken strategy');

/** Makes members of strategies throw. */
class Faults {
  readonly #names = new Set<string>();

  throwIn(...names: string[]): void {
    for (const name of names) this.#names.add(name);
  }

  end(): void {
    this.#names.clear();
  }

  /**
   * Returns a proxy whose chosen members throw when they are read, or, if they are functions, when they are
   * called.
   */
  in<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') {
          if (this.#names.has(String(name))) throw broken;
          return value;
        }
        return (...args: unknown[]) => {
          if (this.#names.has(String(name))) throw broken;
          return Reflect.apply(value, object, args) as unknown;
        };
      },
    });
  }
}

function cacheWith(faults: Faults, max = 1_000): CacheStrategy {
  return { name: 'faulty', create: (): Cache => faults.in(lru({ max }).create()) };
}

function shardsWith(faults: Faults): ShardStrategy {
  return { name: 'faulty', create: (host): ShardTable => faults.in(hashShards().create(host)) };
}

function locksWith(faults: Faults): LockStrategy {
  return {
    name: 'faulty',
    create: (host): LockManager => {
      const manager = keyLocks().create(host);
      const session: LockManager['session'] = (owner) => faults.in(manager.session(owner));
      return faults.in(Object.assign(Object.create(manager) as LockManager, { session }));
    },
  };
}

/** Returns the outcome of a call's promise, or `{ thrown }` if the call throws. */
function outcomeOf(call: () => Promise<unknown>): Promise<unknown> {
  let promise: Promise<unknown>;
  try {
    promise = call();
  } catch (error) {
    return Promise.resolve({ thrown: error });
  }
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

async function opened(options: MemStoreOptions): Promise<{ store: MemStore; errors: unknown[] }> {
  const store = new MemStore(options);
  const errors: unknown[] = [];
  store.on('strategyError', ({ error }: StoreEvents['strategyError']) => errors.push(error));
  await store.putMany([
    ['a', { n: 1 }],
    ['b', { n: 2 }],
  ]);
  return { store, errors };
}

async function rowsOf(store: MemStore): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of store.entries()) rows.push(row);
  return rows;
}

const untouched = [
  ['a', { n: 1 }],
  ['b', { n: 2 }],
];
const notCommitted = { code: 'TRANSACTION_ABORTED', cause: broken, message: /broken strategy/ };
const refused = { code: 'INVALID_OPTION', cause: broken };
const expected = (error: object): unknown => {
  const { message = /./, ...rest } = error as { message?: RegExp };
  return expect.objectContaining({ ...rest, message: expect.stringMatching(message) });
};

describe('a cache strategy that throws', () => {
  it.each<[name: string, hook: string, write: (store: MemStore) => Promise<unknown>]>([
    ['put', 'onWrite', (store) => store.put('a', { n: 10 })],
    ['putMany', 'onWrite', (store) => store.putMany(untouched.map(([key]) => [String(key), { n: 10 }]))],
    ['del', 'onRemove', (store) => store.del('a')],
    [
      'a transaction',
      'onWrite',
      (store) =>
        store.transaction(async (tx) => {
          await tx.put('a', { n: 10 });
          await tx.put('b', { n: 20 });
        }),
    ],
    [
      'a transaction whose last write is a delete',
      'onRemove',
      (store) =>
        store.transaction(async (tx) => {
          await tx.put('a', { n: 10 });
          await tx.del('b');
        }),
    ],
  ])('fails %s in %s with a rejection, and nothing is committed', async (_name, hook, write) => {
    const faults = new Faults();
    const { store } = await opened({ cache: cacheWith(faults) });
    faults.throwIn(hook);
    expect(await outcomeOf(() => write(store))).toEqual(expected(notCommitted));
    faults.end();
    expect(await rowsOf(store)).toEqual(untouched);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
    expect(store.stats()).toMatchObject({ activeTransactions: 0, entries: 2 });
    await store.put('a', { n: 3 });
    expect(await store.get('a')).toEqual({ n: 3 });
    await store.close();
  });

  it('gets the committed entries again, so that its size is right after the failure', async () => {
    const faults = new Faults();
    const cache = lru({ maxSize: 1_000, sizeOf: (value) => (value as { n: number }).n });
    const { store } = await opened({ cache: { name: 'faulty', create: () => faults.in(cache.create()) } });
    const tx = await store.begin();
    await tx.put('a', { n: 100 });
    await tx.del('b');
    faults.throwIn('onRemove');
    await expect(tx.commit()).rejects.toEqual(expected(notCommitted));
    faults.end();
    expect(store.stats().cacheSize).toBe(3);
    await store.close();
  });

  it.each(['sizeOf', 'fits'])('fails a put in %s with a rejection', async (hook) => {
    const faults = new Faults();
    const { store } = await opened({ cache: cacheWith(faults) });
    faults.throwIn(hook);
    const tx = await store.begin();
    for (const put of [
      () => store.put('a', 1),
      () => store.putMany([['a', 1]]),
      () => tx.put('a', 1),
      () => tx.putMany([['a', 1]]),
    ])
      expect(await outcomeOf(put)).toEqual(expected(refused));
    faults.end();
    await tx.rollback();
    expect(await rowsOf(store)).toEqual(untouched);
    await store.close();
  });

  it('fails a read in onRead with a rejection', async () => {
    const faults = new Faults();
    const { store } = await opened({ cache: cacheWith(faults) });
    const tx = await store.begin();
    const snapshot = await store.begin({ readOnly: true });
    faults.throwIn('onRead');
    for (const read of [
      () => store.get('a'),
      () => store.getMany(['a']),
      () => store.has('a'),
      () => store.entries().next(),
      () => tx.get('a'),
      () => tx.has('a'),
      () => tx.getMany(['a', 'b']),
      () => tx.entries().next(),
      () => snapshot.get('a'),
      () => snapshot.has('a'),
      () => snapshot.entries().next(),
    ])
      expect(await outcomeOf(read)).toEqual(expected(refused));
    faults.end();
    expect(await tx.get('a')).toEqual({ n: 1 });
    await tx.commit();
    await snapshot.commit();
    expect(store.locks()).toEqual({ held: [], waiting: [] });
    await store.close();
  });

  it('is reported and stops nothing if the journal already has the commit', async () => {
    const faults = new Faults();
    const disk = new MemoryDisk();
    const { store, errors } = await opened({ cache: cacheWith(faults), journal: disk.journal() });
    faults.throwIn('onWrite', 'onRemove');
    await store.put('a', { n: 10 });
    const tx = await store.begin();
    await tx.del('b');
    await tx.commit();
    faults.end();
    expect(errors).toEqual([broken, broken]);
    expect(await rowsOf(store)).toEqual([['a', { n: 10 }]]);
    await store.close();
  });

  it('is reported by a commit that is published in turns, and every entry is stored', async () => {
    const faults = new Faults();
    const { store, errors } = await opened({ cache: cacheWith(faults, 10_000), clock: new FakeClock() });
    faults.throwIn('onWrite');
    await store.putMany(Array.from({ length: 5_000 }, (_, n) => [`key:${n}`, n]));
    faults.end();
    // The store notifies its listeners of that many evictions in several turns.
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(errors).toHaveLength(5_000);
    expect(store.stats().entries).toBe(5_002);
    await store.close();
  });

  it('is reported when entries expire or are evicted', async () => {
    const faults = new Faults();
    const clock = new FakeClock();
    const { store, errors } = await opened({ cache: cacheWith(faults, 3), clock });
    await store.put('short', 1, { ttl: 1_000 });
    faults.throwIn('onRemove');
    await clock.advance(2_000);
    expect(await store.has('short')).toBe(false);
    expect(errors).toEqual([broken]);
    for (const member of ['isOverfull', 'candidates', 'onRemove']) {
      faults.end();
      faults.throwIn(member);
      await store.put(`by ${member}`, 1);
      expect(store.locks()).toEqual({ held: [], waiting: [] });
    }
    expect(errors.length).toBeGreaterThanOrEqual(4);
    faults.end();
    await store.put('last', 1);
    expect(store.stats().entries).toBe(3);
    await store.close();
  });

  it('fails a commit if its default ttl throws, with and without a journal', async () => {
    const strategies: (JournalStrategy | undefined)[] = [undefined, new MemoryDisk().journal()];
    for (const journal of strategies) {
      const faults = new Faults();
      const { store } = await opened({ cache: cacheWith(faults), ...(journal && { journal }) });
      const tx = await store.begin();
      await tx.put('a', { n: 10 });
      await tx.put('b', { n: 20 });
      faults.throwIn('defaultTtlMs');
      const aborted = { code: 'TRANSACTION_ABORTED', cause: broken };
      expect(await outcomeOf(() => tx.commit())).toEqual(expected(aborted));
      expect(tx.status).toBe('aborted');
      expect(await outcomeOf(() => store.put('a', { n: 10 }))).toEqual(expected(aborted));
      faults.end();
      expect(store.locks()).toEqual({ held: [], waiting: [] });
      await store.close();
    }
  });
});

describe('a clock that throws', () => {
  it('fails a commit with a journal, and its locks are released', async () => {
    const faults = new Faults();
    const clock = faults.in(new FakeClock());
    const { store } = await opened({ clock, journal: new MemoryDisk().journal() });
    const tx = await store.begin();
    await tx.put('a', { n: 10 });
    faults.throwIn('epochMs');
    expect(await outcomeOf(() => tx.commit())).toEqual(expected(notCommitted));
    faults.end();
    expect(store.locks()).toEqual({ held: [], waiting: [] });
    expect(await rowsOf(store)).toEqual(untouched);
    await store.close();
  });
});

describe('a shard strategy that throws', () => {
  it('fails a commit of one write, and nothing is committed', async () => {
    const faults = new Faults();
    const { store } = await opened({ shards: shardsWith(faults) });
    faults.throwIn('set');
    expect(await outcomeOf(() => store.put('a', { n: 10 }))).toEqual(expected(notCommitted));
    const tx = await store.begin();
    await tx.put('a', { n: 10 });
    expect(await outcomeOf(() => tx.commit())).toEqual(expected(notCommitted));
    faults.end();
    expect(await rowsOf(store)).toEqual(untouched);
    await store.close();
  });

  it('closes the store if it throws during a commit, and no part of the commit is visible', async () => {
    const faults = new Faults();
    const { store, errors } = await opened({ shards: shardsWith(faults) });
    const other = await store.begin();
    await other.get('c');
    const tx = await store.begin();
    await tx.put('a', { n: 10 });
    await tx.del('b');
    faults.throwIn('delete');
    const failed = { code: 'STORE_CLOSED', cause: broken };
    expect(await outcomeOf(() => tx.commit())).toEqual(expected(failed));
    faults.end();
    expect(errors).toEqual([broken]);
    for (const call of [
      () => store.get('a'),
      () => store.put('a', 1),
      () => store.begin(),
      () => store.entries().next(),
      () => other.get('a'),
      () => other.commit(),
    ])
      expect(await outcomeOf(call)).toEqual(expected(failed));
    await store.close();
  });

  it('closes the store to transactions that wait for a place', async () => {
    const faults = new Faults();
    const { store } = await opened({ shards: shardsWith(faults), maxActiveTransactions: 1 });
    const tx = await store.begin();
    await tx.put('a', { n: 10 });
    await tx.del('b');
    const waiting = [1, 2].map(() => outcomeOf(() => store.begin()));
    faults.throwIn('delete');
    const failed = expected({ code: 'STORE_CLOSED', cause: broken });
    expect(await outcomeOf(() => tx.commit())).toEqual(failed);
    faults.end();
    expect(await Promise.all(waiting)).toEqual([failed, failed]);
    await store.close();
  });

  it('closes the store if it throws after the append, and the commit is there after a restart', async () => {
    const faults = new Faults();
    const disk = new MemoryDisk();
    const { store } = await opened({ shards: shardsWith(faults), journal: disk.journal() });
    faults.throwIn('set');
    expect(await outcomeOf(() => store.put('a', { n: 10 }))).toEqual({ value: undefined });
    expect(await outcomeOf(() => store.get('a'))).toEqual(expected({ code: 'STORE_CLOSED' }));
    await store.close();
    const again = new MemStore({ journal: disk.journal() });
    expect(await again.get('a')).toEqual({ n: 10 });
    await again.close();
  });

  it('aborts the transaction of a commit of one write, and its locks are released', async () => {
    const faults = new Faults();
    const { store } = await opened({ shards: shardsWith(faults) });
    const tx = await store.begin();
    await tx.put('a', { n: 10 });
    faults.throwIn('set');
    await expect(tx.commit()).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(tx.status).toBe('aborted');
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });
});

describe('a lock strategy that throws', () => {
  it('fails the operation with a rejection', async () => {
    const faults = new Faults();
    const { store } = await opened({ locks: locksWith(faults) });
    const tx = await store.begin();
    faults.throwIn('isLocked', 'lock', 'tryLock', 'lockRange');
    for (const call of [
      () => store.put('a', 1),
      () => store.del('a'),
      () => store.putMany([['a', 1]]),
      () => tx.get('a'),
      () => tx.put('a', 1),
      () => tx.get('a', { lockTimeout: 0 }),
      () => tx.entries().next(),
    ])
      expect(await outcomeOf(call)).toEqual(expected(refused));
    faults.end();
    await tx.rollback();
    expect(await rowsOf(store)).toEqual(untouched);
    await store.close();
  });

  it('fails begin with a rejection', async () => {
    const faults = new Faults();
    const { store } = await opened({ locks: locksWith(faults) });
    faults.throwIn('session');
    expect(await outcomeOf(() => store.begin())).toEqual(expected(refused));
    faults.end();
    await store.close();
  });

  it('closes the store if it cannot release locks, and the commit stays committed', async () => {
    const faults = new Faults();
    const { store, errors } = await opened({ locks: locksWith(faults) });
    const tx = await store.begin();
    await tx.put('a', { n: 10 });
    faults.throwIn('releaseAll', 'releaseSome');
    expect(await outcomeOf(() => tx.commit())).toEqual({ value: undefined });
    expect(tx.status).toBe('committed');
    expect(errors).toEqual([broken]);
    expect(await outcomeOf(() => store.get('a'))).toEqual(expected({ code: 'STORE_CLOSED' }));
    faults.end();
    await store.close();
  });
});
