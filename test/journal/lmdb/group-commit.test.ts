import { describe, expect, it } from 'vitest';
import { GroupCommit, type HandOver } from '../../../src/journal/lmdb/group-commit.ts';
import type { DiskRecord } from '../../../src/journal/lmdb/record.ts';

const record = (key: string, value = ''): DiskRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
});

/** A disk whose writes take until the test lets them be done. */
class SlowDisk {
  /** Of each write, its records as `key` or `key=value`. */
  readonly writes: string[][] = [];
  readonly commits: GroupCommit;
  #pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #watchers: (() => void)[] = [];

  constructor(handOver?: HandOver) {
    this.commits = new GroupCommit((records) => this.#write(records), handOver);
  }

  #write(records: readonly DiskRecord[]): Promise<void> {
    this.writes.push(records.map(({ key, value }) => [key, value].filter((part) => part?.length).join('=')));
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      for (const tell of this.#watchers.splice(0)) tell();
    });
  }

  /** Ends the write that is under way, or the next one. */
  async end(error?: Error): Promise<void> {
    if (this.#pending.length === 0) await new Promise<void>((resolve) => this.#watchers.push(resolve));
    const write = this.#pending.shift();
    if (error === undefined) write?.resolve();
    else write?.reject(error);
  }
}

const full = new Error('full');

describe('group commit', () => {
  it('lets all that commit in one turn share a write', async () => {
    const disk = new SlowDisk();
    const appends = ['a', 'b', 'c'].map((key) => disk.commits.append([record(key)]));
    await disk.end();
    await Promise.all(appends);
    expect(disk.writes).toEqual([['a', 'b', 'c']]);
  });

  it('gathers what comes while a write is under way', async () => {
    const disk = new SlowDisk();
    const first = disk.commits.append([record('a')]);
    while (disk.writes.length === 0) await new Promise(setImmediate);
    const others = ['b', 'c'].map((key) => disk.commits.append([record(key)]));
    await disk.end();
    await first;
    await disk.end();
    await Promise.all(others);
    expect(disk.writes).toEqual([['a'], ['b', 'c']]);
  });

  it('writes a key of several commits once, as the last left it', async () => {
    const disk = new SlowDisk();
    const appends = [1, 2, 3].map((n) => disk.commits.append([record('hot', String(n)), record(`own:${n}`)]));
    await disk.end();
    await Promise.all(appends);
    expect(disk.writes).toEqual([['hot=3', 'own:1', 'own:2', 'own:3']]);
  });

  it('tries one by one what could not be written together, so that one takes no other with it', async () => {
    const disk = new SlowDisk();
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((key) => disk.commits.append([record(key)])));
    await disk.end(full);
    await disk.end();
    await disk.end(full);
    await disk.end();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(disk.writes).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
    await disk.commits.flushed();
  });

  it('acknowledges at the hand-over what it may, and no more', async () => {
    const disk = new SlowDisk({ commits: 2, bytes: 100 });
    await disk.commits.append([record('a')]);
    await disk.commits.append([record('b')]);
    let isDone = false;
    const third = disk.commits.append([record('c')]).then(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    await disk.end();
    await third;
    expect(disk.writes).toEqual([['a', 'b', 'c']]);
  });

  it('counts bytes at the hand-over too', async () => {
    const disk = new SlowDisk({ commits: 10, bytes: 100 });
    await disk.commits.append([record('a', 'x'.repeat(60))]);
    let isDone = false;
    const second = disk.commits.append([record('b', 'x'.repeat(60))]).then(() => {
      isDone = true;
    });
    await new Promise(setImmediate);
    expect(isDone).toBe(false);
    await disk.end();
    await second;
  });

  it('keeps what was handed over when the disk does not take it, and lets nobody overtake it', async () => {
    const disk = new SlowDisk({ commits: 10, bytes: 100 });
    await disk.commits.append([record('a')]);
    await disk.end(full);
    await disk.end(full);
    await expect(disk.commits.flushed()).rejects.toBe(full);
    const refused = disk.commits.append([record('b')]);
    const isRefused = expect(refused).rejects.toBe(full);
    await disk.end(full);
    await disk.end(full);
    await isRefused;
    const taken = disk.commits.append([record('c')]);
    await disk.end();
    await taken;
    expect(disk.writes.at(-1)).toEqual(['a', 'c']);
    await disk.commits.append([record('d')]);
    const flushed = disk.commits.flushed();
    await disk.end();
    await flushed;
  });
});
