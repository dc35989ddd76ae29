import { MemStore, type MemStoreOptions, type Transaction } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { openDirect } from '../open-direct.ts';
import { TurnClock } from '../turn-clock.ts';

const COUNT = 20_000;
const KEYS = Array.from({ length: COUNT }, (_, i) => `key:${(i * 7_919) % COUNT}`);
const FIRST = KEYS[0] as string;
const LAST = KEYS.at(-1) as string;
/** A number of steps that is larger than any turn has, and much smaller than the whole work. */
const STEPS_PER_TURN = 5_000;

function open(options: MemStoreOptions = {}): { clock: TurnClock; store: MemStore<Record<string, number>> } {
  const clock = new TurnClock();
  return { clock, store: new MemStore({ ...options, clock }) };
}

const entries = (value: number): [string, number][] => KEYS.map((key) => [key, value]);

/** Returns the number of yields during the work. */
async function turnsOf(clock: TurnClock, work: () => Promise<unknown>): Promise<number> {
  const before = clock.turns;
  await work();
  return clock.turns - before;
}

async function filled(tx: Transaction<Record<string, number>>, value: number): Promise<void> {
  await tx.putMany(entries(value));
}

describe('long work yields to other work', () => {
  it('in every operation on many keys, in the commit and in the release of locks', async () => {
    const { clock, store } = open();
    const least = COUNT / STEPS_PER_TURN;
    const tx = await store.begin();
    expect(await turnsOf(clock, () => tx.putMany(entries(1)))).toBeGreaterThan(2 * least);
    expect(await turnsOf(clock, () => tx.getMany(KEYS))).toBeGreaterThan(2 * least);
    const savepoint = await tx.savepoint();
    await filled(tx, 2);
    expect(await turnsOf(clock, () => tx.rollbackTo(savepoint))).toBeGreaterThanOrEqual(least - 1);
    expect(await tx.get(LAST)).toBe(1);
    // The writes move into the tables, and then the locks are released.
    expect(await turnsOf(clock, () => tx.commit())).toBeGreaterThan(2 * least);
    const other = await store.begin();
    await filled(other, 3);
    expect(await turnsOf(clock, () => other.rollback())).toBeGreaterThanOrEqual(least - 1);
    expect(await store.getMany([FIRST, LAST])).toEqual([1, 1]);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('and work on few keys never reads the clock', async () => {
    const { clock, store } = open();
    const look = clock.monotonicMs.bind(clock);
    let looks = 0;
    clock.monotonicMs = () => {
      looks++;
      return look();
    };
    await store.transaction(async (tx) => {
      await tx.putMany(entries(1).slice(0, 60));
      await tx.getMany(KEYS.slice(0, 60));
    });
    // The retry loop of `transaction` reads the clock once.
    expect(looks).toBeLessThanOrEqual(1);
    expect(clock.turns).toBe(0);
  });

  it('in the deletion of many keys', async () => {
    const clock = new TurnClock();
    const { store, direct } = openDirect({ clock });
    await store.putMany(entries(1));
    const tx = await direct.begin(undefined, undefined);
    const turns = await turnsOf(clock, async () =>
      expect(await tx.delMany([...KEYS, 'absent'], undefined)).toBe(COUNT),
    );
    expect(turns).toBeGreaterThan(COUNT / STEPS_PER_TURN);
    await tx.commit();
    expect(store.stats().entries).toBe(0);
  });
});

describe('a long operation', () => {
  it('keeps its place among the operations of its transaction', async () => {
    const { store } = open();
    const tx = await store.begin();
    const done: string[] = [];
    await Promise.all([
      tx.putMany(entries(1)).then(() => done.push('putMany')),
      tx.put(LAST, 2).then(() => done.push('put')),
      tx.get(LAST).then((value) => done.push(`get ${value}`)),
      tx.commit().then(() => done.push('commit')),
    ]);
    expect(done).toEqual(['putMany', 'put', 'get 2', 'commit']);
    expect(await store.getMany([FIRST, LAST])).toEqual([1, 2]);
  });

  it('writes nothing if it is cancelled while it acquires locks', async () => {
    const { clock, store } = open();
    const tx = await store.begin();
    const controller = new AbortController();
    const turn = clock.nextTurn(() => controller.abort());
    await expect(tx.putMany(entries(1), { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await turn;
    expect(await tx.getMany([FIRST, LAST])).toEqual([undefined, undefined]);
    await tx.commit();
    expect(store.stats().entries).toBe(0);
    expect(store.locks().held).toEqual([]);
  });

  it('writes everything if it is cancelled after it began to write', async () => {
    const { clock, store } = open();
    const tx = await store.begin();
    const controller = new AbortController();
    let turns = 0;
    clock.inTurn = () => {
      turns++;
      // The second putMany takes as many turns as the first. This is its last turn, in which it writes.
      if (turns === lastTurn) controller.abort();
    };
    let lastTurn = Number.POSITIVE_INFINITY;
    await tx.putMany(entries(1));
    lastTurn = 2 * turns;
    await tx.putMany(entries(2), { signal: controller.signal });
    expect(controller.signal.aborted).toBe(true);
    await tx.commit();
    expect(new Set(await store.getMany(KEYS))).toEqual(new Set([2]));
  });

  it.each([1, 3, 10, 60, 100, 150])('leaves nothing behind if it is rolled back in turn %i', async (at) => {
    const { clock, store } = open();
    const tx = await store.begin();
    clock.inTurn = (turn) => {
      if (turn === at) void tx.rollback();
    };
    await expect(filled(tx, 1)).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    await tx.rollback();
    expect(store.locks()).toEqual({ held: [], waiting: [] });
    expect(store.stats()).toMatchObject({ entries: 0, activeTransactions: 0 });
    await store.put(LAST, 1);
  });

  it.each([1, 60, 120])('that writes is undone by rollbackTo in turn %i', async (at) => {
    const { clock, store } = open();
    const tx = await store.begin();
    await tx.put(LAST, 7);
    const savepoint = await tx.savepoint();
    let undone: Promise<void> | undefined;
    clock.inTurn = (turn) => {
      if (turn === at) undone = tx.rollbackTo(savepoint);
    };
    await expect(filled(tx, 1)).rejects.toMatchObject({ code: 'ABORTED' });
    await undone;
    expect(undone).toBeDefined();
    await tx.commit();
    expect(await store.getMany([FIRST, LAST])).toEqual([undefined, 7]);
    expect(store.stats().entries).toBe(1);
  });

  it('discards later savepoints when it begins, if it is a rollbackTo', async () => {
    const { clock, store } = open();
    const tx = await store.begin();
    const earlier = await tx.savepoint();
    await filled(tx, 1);
    const later = await tx.savepoint();
    await filled(tx, 2);
    let refused: Promise<void> | undefined;
    const turn = clock.nextTurn(() => {
      refused = tx.rollbackTo(later);
      refused.catch(() => {});
    });
    await tx.rollbackTo(earlier);
    await turn;
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await tx.getMany([FIRST, LAST])).toEqual([undefined, undefined]);
    await tx.rollback();
  });

  it('fails if the store is closed meanwhile', async () => {
    const { clock, store } = open();
    const tx = await store.begin();
    let closed: Promise<void> | undefined;
    const turn = clock.nextTurn(() => {
      closed = store.close();
    });
    await expect(filled(tx, 1)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await turn;
    await closed;
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });
});

describe('the release of many locks', () => {
  it('unblocks each waiter, and rollback and close wait for it', async () => {
    const { clock, store } = open();
    const holder = await store.begin();
    await filled(holder, 1);
    const waiters = await Promise.all([FIRST, LAST].map(() => store.begin()));
    const puts = waiters.map((tx, i) => tx.put(i === 0 ? FIRST : LAST, 2));
    const reader = await store.begin();
    const scanned = collect(reader.entries({ prefix: 'key:5' }));
    const turn = clock.nextTurn(() => {
      expect(store.locks().held.length).toBeGreaterThan(3);
      expect(store.stats().activeTransactions).toBe(4);
    });
    await holder.rollback();
    await turn;
    await Promise.all(puts);
    expect(await scanned).toEqual([]);
    await Promise.all([...waiters, reader].map((tx) => tx.commit()));
    expect(await store.getMany([FIRST, LAST])).toEqual([2, 2]);
    await store.close();
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('of a deadlock victim unblocks the other transaction', async () => {
    const { store } = open();
    const old = await store.begin();
    const young = await store.begin();
    await old.put('other', 1);
    await filled(young, 1);
    const waiting = young.put('other', 2);
    await old.put(LAST, 3);
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLOCK' });
    await old.commit();
    await young.rollback();
    expect(await store.getMany(['other', FIRST, LAST])).toEqual([1, undefined, 3]);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });
});
