import { MemStore, type Transaction } from 'memstore-tx';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LockIndex } from '../../src/locks/key-locks/lock-index.ts';
import { LockTable } from '../../src/locks/key-locks/lock-table.ts';

const ROWS = 400;
const WAITERS = 400;

type Store = MemStore<Record<string, number>>;
type Tx = Transaction<Record<string, number>>;

const row = (number: number): string => `row:${String(number).padStart(4, '0')}`;

async function storeWithRows(): Promise<Store> {
  const store: Store = new MemStore();
  await store.putMany(Array.from({ length: ROWS }, (_, number) => [row(number), number] as const));
  return store;
}

async function begin(store: Store, ownKey: string): Promise<Tx> {
  const tx = await store.begin({ lockTimeout: Number.POSITIVE_INFINITY });
  await tx.put(ownKey, 0);
  return tx;
}

/** Waits for a turn of the event loop, so that every promise that can settle does so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

afterEach(() => vi.restoreAllMocks());

describe('a scan for update of many rows', () => {
  it('stops at each row that another transaction has locked, and continues when the lock is released', async () => {
    const store = await storeWithRows();
    const others = [await begin(store, row(150)), await begin(store, row(350))];
    const scanner = await store.begin();
    const seen: string[] = [];
    const scan = (async () => {
      for await (const [key] of scanner.entries({ forUpdate: true })) seen.push(key);
    })();
    for (const [other, at] of [
      [others[0], 150],
      [others[1], 350],
    ] as const) {
      while (store.locks().waiting.length === 0) await turn();
      expect(seen).toHaveLength(at);
      await other?.commit();
    }
    await scan;
    expect(seen).toHaveLength(ROWS);
    const insert = store.put('row:0200a', 1, { lockTimeout: 0 });
    await expect(insert).rejects.toMatchObject({ code: 'LOCK_UNAVAILABLE' });
    await scanner.commit();
    expect(store.locks()).toEqual({ held: [], waiting: [] });
    await store.close();
  });

  it('does not walk all its locks at each row', async () => {
    const store = await storeWithRows();
    const walks = vi.spyOn(LockIndex.prototype, Symbol.iterator);
    await store.transaction(async (tx) => {
      for await (const [key] of tx.entries({ forUpdate: true })) expect(key).toMatch(/^row:/);
    });
    expect(walks.mock.calls.length).toBeLessThan(100);
    await store.close();
  });
});

describe('many requests that wait for one key', () => {
  const wants: Readonly<Record<string, (tx: Tx, number: number) => Promise<unknown>>> = {
    writers: (tx) => tx.put('hot', 1),
    'readers and writers': (tx, number) => (number % 2 === 0 ? tx.get('hot') : tx.put('hot', 1)),
    'readers, writers and scans': (tx, number) =>
      number % 3 === 0
        ? tx.entries({ prefix: 'h' }).next()
        : number % 3 === 1
          ? tx.get('hot')
          : tx.put('hot', 1),
  };

  for (const [who, want] of Object.entries(wants)) {
    it(`cost the same for each arrival and departure, however many there are: ${who}`, async () => {
      const store: Store = new MemStore();
      const holder = await begin(store, 'hot');
      const transactions: Tx[] = [];
      for (let number = 0; number < WAITERS; number++) transactions.push(await begin(store, `own:${number}`));
      const expansions = vi.spyOn(LockTable.prototype, 'holdersAwaitedBy');
      const waits = transactions.map((tx, number) => want(tx, number).then(() => tx.commit()));
      expect(store.stats().waitingOperations).toBe(WAITERS);
      expect(expansions.mock.calls.length).toBeLessThan(4 * WAITERS);

      const looks = vi.spyOn(LockTable.prototype, 'heldAgainst');
      await holder.commit();
      await Promise.all(waits);
      expect(looks.mock.calls.length).toBeLessThan(6 * WAITERS);
      expect(store.locks()).toEqual({ held: [], waiting: [] });
      await store.close();
    });
  }
});

describe('many locks that one transaction holds', () => {
  it.each([1, 2, 9, 10, 11, 200])('hide no deadlock: %i', async (count) => {
    const store: Store = new MemStore();
    const [elder, younger] = [await begin(store, 'a'), await begin(store, 'z')];
    for (let number = 1; number < count; number++) await elder.put(row(number), 1);
    const waiting = younger.put('a', 1);
    await elder.put('z', 1);
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLOCK' });
    await elder.commit();
    await store.close();
  });
});
