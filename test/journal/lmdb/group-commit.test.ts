import { describe, expect, it } from 'vitest';
import { GroupCommit, type HandOver } from '../../../src/journal/lmdb/group-commit.ts';
import type { DiskRecord } from '../../../src/journal/lmdb/record.ts';

const record = (key: string, value = ''): DiskRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
});

/** A disk whose writes stay pending until the test ends them. */
class SlowDisk {
  /** The records of each write, as `key` or `key=value`. */
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

  /** Ends the current write. If there is no current write, ends the next write. */
  async end(error?: Error): Promise<void> {
    if (this.#pending.length === 0) await new Promise<void>((resolve) => this.#watchers.push(resolve));
    const write = this.#pending.shift();
    if (error === undefined) write?.resolve();
    else write?.reject(error);
  }
}

const full = new Error('full');

describe('group commit', () => {
  it('writes all commits of one turn together', async () => {
    const disk = new SlowDisk();
    const appends = ['a', 'b', 'c'].map((key) => disk.commits.append([record(key)]));
    await disk.end();
    await Promise.all(appends);
    expect(disk.writes).toEqual([['a', 'b', 'c']]);
  });

  it('collects the commits that arrive during a write', async () => {
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

  it('writes a key of several commits once, with its last value', async () => {
    const disk = new SlowDisk();
    const appends = [1, 2, 3].map((n) => disk.commits.append([record('hot', String(n)), record(`own:${n}`)]));
    await disk.end();
    await Promise.all(appends);
    expect(disk.writes).toEqual([['hot=3', 'own:1', 'own:2', 'own:3']]);
  });

  it('retries the commits of a failed write one by one, so that only the faulty one fails', async () => {
    const disk = new SlowDisk();
    const outcomes = Promise.allSettled(['a', 'b', 'c'].map((key) => disk.commits.append([record(key)])));
    await disk.end(full);
    await disk.end();
    await disk.end(full);
    await disk.end();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(disk.writes).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
    await disk.commits.flush();
  });

  it('acknowledges up to the hand-over limit of commits before they are written', async () => {
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

  it('acknowledges up to the hand-over limit of bytes before they are written', async () => {
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

  it('keeps acknowledged commits after a failed write, and writes later commits after them', async () => {
    const disk = new SlowDisk({ commits: 10, bytes: 100 });
    await disk.commits.append([record('a')]);
    await disk.end(full);
    await disk.end(full);
    await expect(disk.commits.flush()).rejects.toBe(full);
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
    const flushed = disk.commits.flush();
    await disk.end();
    await flushed;
  });
});
