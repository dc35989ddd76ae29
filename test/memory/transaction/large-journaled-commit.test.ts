import { MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import type { JournalCommit, JournalStrategy } from '../../../src/journal/journal.ts';
import { MemoryDisk } from '../../journal/memory-disk.ts';
import { TurnClock } from '../turn-clock.ts';

const COUNT = 20_000;
const KEYS = Array.from({ length: COUNT }, (_, i) => `key:${String(i).padStart(5, '0')}`);
const FIRST = KEYS[0] as string;
const LAST = KEYS.at(-1) as string;

type Numbers = Record<string, number>;

const entries = (value: number): [string, number][] => KEYS.map((key) => [key, value]);

/** Opens a store on the disk. Its journal calls `prepare` with each commit that it prepares. */
function open(disk: MemoryDisk, prepare?: (commit: JournalCommit) => Promise<JournalCommit>) {
  const clock = new TurnClock();
  const strategy = disk.journal();
  const journal: JournalStrategy = {
    name: 'memory',
    create: () => Object.assign(strategy.create(), prepare && { prepare }),
  };
  return { clock, store: new MemStore<Numbers>({ journal, clock }) };
}

describe('a commit of many writes in a store with a journal', () => {
  it('lets commits of other keys overtake it, but not those of its own keys', async () => {
    const disk = new MemoryDisk();
    const { clock, store } = open(disk);
    await store.put(FIRST, 1);
    const snapshot = await store.begin({ readOnly: true });
    const tx = await store.begin();
    await tx.putMany(entries(2));
    let conflicting: Promise<void> | undefined;
    let during: number | undefined;
    clock.inTurn = async () => {
      if (conflicting !== undefined) return;
      conflicting = store.put(LAST, 3);
      await store.put('other', 3);
      during = await store.get(FIRST);
      expect(tx.status).toBe('committing');
    };
    await tx.commit();
    await conflicting;
    expect(during).toBe(1);
    expect(disk.commits.map(({ writes }) => writes.length)).toEqual([1, 1, COUNT, 1]);
    expect(await snapshot.getMany([FIRST, LAST, 'other'])).toEqual([1, undefined, undefined]);
    expect(disk.entries().get(LAST)?.value).toBe(3);
    expect(await store.get(LAST)).toBe(3);
    await snapshot.commit();
    await store.close();
  });

  it('is appended in the prepared form if it is large', async () => {
    const disk = new MemoryDisk();
    const asked: number[] = [];
    const { store } = open(disk, async (commit) => {
      asked.push(commit.writes.length);
      return { transactionId: 77, writes: commit.writes };
    });
    await store.putMany(entries(1));
    await store.put('small', 1);
    expect(asked).toEqual([COUNT]);
    expect(disk.commits.map(({ transactionId }) => transactionId === 77)).toEqual([true, false]);
    await store.close();
  });

  it('is rolled back if the journal cannot prepare it', async () => {
    const disk = new MemoryDisk();
    const cause = new Error('cannot encode');
    const { store } = open(disk, () => Promise.reject(cause));
    await expect(store.putMany(entries(1))).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(disk.commits).toEqual([]);
    expect([await store.get(LAST), store.locks().held]).toEqual([undefined, []]);
    await store.close();
  });

  it('rejects, and close resolves, only when the refused commit holds no lock', async () => {
    const disk = new MemoryDisk();
    const { clock, store } = open(disk, () => Promise.reject(new Error('cannot encode')));
    const heldLocks = (): number => store.locks().held.length;
    const tx = await store.begin();
    await tx.putMany(entries(1));
    const inTurn = clock.nextTurn();
    const committed = tx.commit().catch(() => heldLocks());
    await inTurn;
    const closed = store.close().then(heldLocks);
    expect(heldLocks()).toBe(COUNT);
    expect(await Promise.all([committed, closed])).toEqual([0, 0]);
    expect(tx.failure?.code).toBe('TRANSACTION_ABORTED');
  });

  it('can no longer be rolled back, and close() waits for it', async () => {
    const disk = new MemoryDisk();
    const { clock, store } = open(disk);
    const tx = await store.begin();
    await tx.putMany(entries(1));
    const inTurn = clock.nextTurn();
    const committed = tx.commit();
    await inTurn;
    expect(disk.commits).toEqual([]);
    void tx.rollback();
    await Promise.all([committed, store.close()]);
    expect(disk.entries().size).toBe(COUNT);
  });

  it('replaces an entry that expires while it moves into the tables, also in the journal', async () => {
    const disk = new MemoryDisk();
    const { clock, store } = open(disk);
    await store.put(LAST, 1, { ttl: 1_000_000 });
    const tx = await store.begin();
    await tx.putMany(entries(2));
    clock.inTurn = () => {
      if (tx.status !== 'committed') return;
      clock.inTurn = () => {};
      clock.advance(2_000_000);
    };
    await tx.commit();
    await store.close();
    expect(disk.entries().get(LAST)?.value).toBe(2);
  });
});
