import { MemStore, type MemStoreOptions } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { TurnClock } from '../turn-clock.ts';

const COUNT = 20_000;
const KEYS = Array.from({ length: COUNT }, (_, i) => `key:${String(i).padStart(5, '0')}`);
const FIRST = KEYS[0] as string;
const LAST = KEYS.at(-1) as string;

type Numbers = Record<string, number>;

function open(options: MemStoreOptions = {}): { clock: TurnClock; store: MemStore<Numbers> } {
  const clock = new TurnClock();
  return { clock, store: new MemStore({ ...options, clock }) };
}

const entries = (value: number): [string, number][] => KEYS.map((key) => [key, value]);

/** Opens a transaction that has deleted the first key and has put `value` under all other keys. */
async function prepared(store: MemStore<Numbers>, value: number, ttl?: number) {
  const tx = await store.begin();
  await tx.putMany(entries(value), { ttl });
  await tx.del(FIRST);
  return tx;
}

/** Returns the values of the first key and the last key. */
type Seen = readonly [first: number | undefined, last: number | undefined];

const OLD: Seen = [1, 1];
const NEW: Seen = [undefined, 2];

async function readAll(source: Pick<MemStore<Numbers>, 'entries'>): Promise<Seen> {
  const rows = await collect(source.entries());
  const values = new Set(rows.map(([, value]) => value));
  expect(values.size).toBe(1);
  return [rows[0]?.[0] === FIRST ? rows[0][1] : undefined, rows.at(-1)?.[1]];
}

describe('a commit of many writes', () => {
  it('is visible to readers without locks immediately, before it has moved into the tables', async () => {
    const { clock, store } = open();
    await store.putMany(entries(1));
    const before = await store.begin({ readOnly: true });
    const tx = await prepared(store, 2);
    const scans: Promise<Seen>[] = [];
    let turns = 0;
    clock.inTurn = async () => {
      turns++;
      expect(tx.status).toBe('committed');
      expect(await store.getMany([FIRST, LAST])).toEqual(NEW);
      expect(await Promise.all([store.has(FIRST), store.has(LAST)])).toEqual([false, true]);
      expect(await before.getMany([FIRST, LAST])).toEqual(OLD);
      const during = await store.begin({ readOnly: true });
      expect(await during.getMany([FIRST, LAST])).toEqual(NEW);
      if (turns % 50 === 1) scans.push(readAll(during), readAll(store));
      else await during.commit();
    };
    const committed = tx.commit();
    await committed;
    expect(turns).toBeGreaterThan(50);
    clock.inTurn = () => {};
    expect(scans.length).toBeGreaterThan(2);
    for (const seen of await Promise.all(scans)) expect(seen).toEqual(NEW);
    expect(await readAll(before)).toEqual(OLD);
    await before.commit();
    expect(await readAll(store)).toEqual(NEW);
    expect(store.locks().held).toEqual([]);
  });

  it('is visible to a locking scan when it has moved, and later writes replace it', async () => {
    const { clock, store } = open();
    await store.putMany(entries(1));
    const tx = await prepared(store, 2);
    const reader = await store.begin();
    const limited = await store.begin();
    let work: Promise<unknown[]> | undefined;
    clock.inTurn = () => {
      work ??= Promise.all([
        readAll(reader).finally(() => reader.commit()),
        collect(limited.entries({ limit: 1 })).finally(() => limited.commit()),
        store.put(LAST, 3),
        store.del(KEYS[2] as string),
      ]);
    };
    await tx.commit();
    clock.inTurn = () => {};
    const [seen, rows] = (await work) ?? [];
    expect(seen).toEqual(NEW);
    expect(rows).toEqual([[KEYS[1], 2]]);
    expect(await store.getMany([LAST, KEYS[2] as string])).toEqual([3, undefined]);
  });

  it('waits for an earlier one that is still moving into the tables', async () => {
    const { clock, store } = open();
    const [one, two] = [await store.begin(), await store.begin()];
    await one.putMany(entries(1));
    await two.putMany(KEYS.map((key) => [`other:${key}`, 2]));
    const order: string[] = [];
    clock.inTurn = () => {
      clock.inTurn = () => {};
      expect([one.status, two.status]).toEqual(['committed', 'committing']);
      // The commit can no longer be rolled back.
      void two.rollback();
    };
    await Promise.all([
      one.commit().then(() => order.push('one')),
      two.commit().then(() => order.push('two')),
    ]);
    expect(order).toEqual(['one', 'two']);
    expect(await store.getMany([LAST, `other:${LAST}`])).toEqual([1, 2]);
  });

  it('is completed by close()', async () => {
    const { clock, store } = open();
    const events: string[] = [];
    store.on('commit', ({ writes }) => events.push(`commit of ${writes}`));
    store.on('close', () => events.push('close'));
    const tx = await prepared(store, 2);
    let closed: Promise<void> | undefined;
    clock.inTurn = () => {
      closed ??= store.close();
    };
    await tx.commit();
    await closed;
    expect(events).toEqual([`commit of ${COUNT}`, 'close']);
    expect(store.stats()).toMatchObject({ entries: COUNT - 1, activeTransactions: 0 });
  });

  it('expires each entry once at its time, even while they move into the tables', async () => {
    const { clock, store } = open();
    await store.putMany(entries(1), { ttl: 100_000 });
    const tx = await prepared(store, 2, 60_000);
    let turns = 0;
    clock.inTurn = async () => {
      if (++turns !== 2) return;
      expect(await store.getMany([FIRST, LAST])).toEqual(NEW);
      clock.advance(60_000);
      expect(await store.getMany([KEYS[1] as string, LAST])).toEqual([undefined, undefined]);
      const snapshot = await store.begin({ readOnly: true });
      expect(await snapshot.getMany([KEYS[1] as string, LAST])).toEqual([undefined, undefined]);
      expect(await snapshot.ttl(LAST)).toBeUndefined();
      await snapshot.commit();
    };
    await tx.commit();
    clock.inTurn = () => {};
    clock.advance(10_000);
    await store.getMany([]);
    expect(await collect(store.entries())).toEqual([]);
    expect(store.stats()).toMatchObject({ entries: 0, expiringEntries: 0, expirations: COUNT - 1 });
  });

  it('has the right remaining TTLs in a snapshot', async () => {
    const { clock, store } = open();
    const tx = await prepared(store, 2, 1_000_000);
    let asked = false;
    clock.inTurn = async () => {
      const snapshot = await store.begin({ readOnly: true });
      const left = await snapshot.ttl(LAST);
      expect(left).toBeGreaterThan(900_000);
      await snapshot.commit();
      asked = true;
    };
    await tx.commit();
    expect(asked).toBe(true);
  });

  it('keeps no old versions for snapshots that began after it', async () => {
    const { clock, store } = open();
    await store.putMany(entries(1));
    const tx = await prepared(store, 2);
    let snapshot: Awaited<ReturnType<typeof store.begin>> | undefined;
    clock.inTurn = async () => {
      snapshot ??= await store.begin({ readOnly: true });
    };
    await tx.commit();
    expect(snapshot?.status).toBe('active');
    expect(store.stats().historyVersions).toBe(0);
    await snapshot?.commit();
  });
});

describe('expired entries that a transaction keeps', () => {
  const others = KEYS.slice(0, 5_000).map((key): [string, number] => [`z${key}`, 1]);
  it.each([
    ['a commit of many writes', others],
    ['a commit of one write that releases many locks', []],
  ])('are kept only until %s is visible', async (_, writes) => {
    const { clock, store } = open({ idleTimeout: Number.POSITIVE_INFINITY });
    await store.putMany([['a', 1], ...entries(1)], { ttl: 1_000_000 });
    const tx = await store.begin();
    await collect(tx.entries({ lt: 'b' }));
    await tx.getMany(KEYS);
    await tx.put('a', 2, { ttl: 1_000 });
    await tx.putMany(writes);
    const seen: (number | undefined)[] = [];
    let turns = 0;
    clock.inTurn = async () => {
      if (++turns === 2) clock.advance(1_000);
      seen.push(await store.get('a'));
    };
    await tx.commit();
    expect(turns).toBeGreaterThan(2);
    expect(new Set(seen.slice(1))).toEqual(new Set([undefined]));
    expect(await store.get('a')).toBeUndefined();
    await store.close();
  });
});
