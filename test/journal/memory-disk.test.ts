import { describe, expect, it } from 'vitest';
import type { Journal, JournalCommit, JournalStrategy } from '../../src/journal/journal.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { type JournalStorage, journalSuite } from '../../src/testing/suites/journal/journal-suite.ts';
import { MemoryDisk } from './memory-disk.ts';

/**
 * Returns a disk that does one operation in each turn of the event loop, so that a crash interrupts some
 * operations.
 */
function slowStorage(): JournalStorage {
  const disk = new MemoryDisk();
  const soon = (): void => {
    setImmediate(() => disk.release(1));
  };
  const strategy = (): JournalStrategy => ({
    name: 'slow',
    create() {
      disk.hold();
      const journal = disk.journal().create();
      return {
        load: () => {
          soon();
          return journal.load();
        },
        append: (commit) => {
          soon();
          return journal.append(commit);
        },
        close: () => journal.close(),
      };
    },
  });
  return {
    strategy,
    crash: (seed) => disk.crash(Math.floor(seededRandom(seed)() * (disk.heldCount + 1))),
  };
}

journalSuite('MemoryDisk, slow', slowStorage, { describe, it });

const commit = (transactionId: number, value: unknown = transactionId): JournalCommit => ({
  transactionId,
  writes: [{ key: `key:${transactionId}`, value, expiresAtMs: undefined }],
});

async function openOn(disk: MemoryDisk): Promise<Journal> {
  const journal = disk.journal().create();
  for await (const _batch of journal.load());
  return journal;
}

/** Returns the state of a promise after all pending callbacks have run. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  const turn = new Promise((resolve) => setImmediate(resolve, 'pending'));
  const settled = promise.then(
    () => 'resolved',
    (error: Error) => `rejected: ${error.message}`,
  );
  return (await Promise.race([settled, turn])) as string;
}

const idsOn = (disk: MemoryDisk): number[] => disk.commits.map(({ transactionId }) => transactionId);

describe('MemoryDisk', () => {
  it('stores a commit immediately if it does not hold appends', async () => {
    const disk = new MemoryDisk();
    await (await openOn(disk)).append(commit(1));
    expect(idsOn(disk)).toEqual([1]);
    expect(disk.entries().get('key:1')?.value).toBe(1);
  });

  it('holds appends until they are released in order', async () => {
    const disk = new MemoryDisk();
    const journal = await openOn(disk);
    disk.hold();
    const appends = [1, 2, 3].map((id) => journal.append(commit(id)));
    await disk.held(3);
    expect(await Promise.all(appends.map(outcomeOf))).toEqual(['pending', 'pending', 'pending']);
    expect(idsOn(disk)).toEqual([]);
    disk.release(1);
    expect(await Promise.all(appends.map(outcomeOf))).toEqual(['resolved', 'pending', 'pending']);
    disk.release();
    await Promise.all(appends);
    await journal.append(commit(4));
    expect(idsOn(disk)).toEqual([1, 2, 3, 4]);
  });

  it('resolves held() when the given number of appends wait', async () => {
    const disk = new MemoryDisk();
    const journal = await openOn(disk);
    disk.hold();
    const two = disk.held(2);
    void journal.append(commit(1));
    expect(await outcomeOf(two)).toBe('pending');
    void journal.append(commit(2));
    expect(await outcomeOf(two)).toBe('resolved');
  });

  it('holds the load too', async () => {
    const disk = new MemoryDisk();
    disk.hold();
    const opening = openOn(disk);
    await disk.held(1);
    expect(await outcomeOf(opening)).toBe('pending');
    disk.release();
    expect(await outcomeOf(opening)).toBe('resolved');
  });

  it('fails the chosen appends, and stores nothing of them', async () => {
    const disk = new MemoryDisk();
    const journal = await openOn(disk);
    disk.failNext(new Error('full'));
    disk.failNth(3, new Error('worn out'));
    const outcomes = await Promise.all([1, 2, 3, 4].map((id) => outcomeOf(journal.append(commit(id)))));
    expect(outcomes).toEqual(['rejected: full', 'resolved', 'rejected: worn out', 'resolved']);
    expect(idsOn(disk)).toEqual([2, 4]);
  });

  it('fails the next load once', async () => {
    const disk = new MemoryDisk();
    disk.failLoad(new Error('unreadable'));
    await expect(openOn(disk)).rejects.toThrow('unreadable');
    disk.crash();
    await openOn(disk);
  });

  it('stores only the first waiting appends in a crash, and settles none of them', async () => {
    const disk = new MemoryDisk();
    const journal = await openOn(disk);
    await journal.append(commit(1));
    disk.hold();
    const appends = [2, 3, 4].map((id) => journal.append(commit(id)));
    disk.crash(2);
    expect(disk.isOpen).toBe(false);
    expect(idsOn(disk)).toEqual([1, 2, 3]);
    appends.push(journal.append(commit(5)));
    expect(new Set(await Promise.all(appends.map(outcomeOf)))).toEqual(new Set(['pending']));
    await (await openOn(disk)).append(commit(6));
    expect(idsOn(disk)).toEqual([1, 2, 3, 6]);
  });

  it('refuses a second journal, and refuses to close during an append', async () => {
    const disk = new MemoryDisk();
    const journal = await openOn(disk);
    expect(() => disk.journal().create()).toThrow('Another journal is open');
    disk.hold();
    void journal.append(commit(1));
    await expect(journal.close()).rejects.toThrow('1 appends under way');
  });

  it('copies the appended values', async () => {
    const disk = new MemoryDisk();
    const journal = await openOn(disk);
    const value = { count: 1 };
    disk.hold();
    const append = journal.append(commit(1, value));
    value.count = 2;
    disk.release();
    await append;
    expect(disk.entries().get('key:1')?.value).toEqual({ count: 1 });
  });
});
