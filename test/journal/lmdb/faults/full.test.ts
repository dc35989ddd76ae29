import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratchDirectory } from '../scratch-directory.ts';
import { Program } from './run-program.ts';

const filler = new Program(new URL('./fill-program.ts', import.meta.url));

interface Said {
  readonly failed: string;
  readonly large: string;
  readonly isReadable: boolean;
  readonly acknowledged: readonly string[];
  readonly found: readonly string[];
  readonly hasLarge: boolean;
}

async function keysIn(path: string): Promise<string[]> {
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  const keys: string[] = [];
  for await (const [key] of store.entries()) if (!key.endsWith(':too')) keys.push(key);
  await store.close();
  return keys.sort();
}

/** Mounts a small file system, or returns the reason why that is not possible. */
function smallDisk(): { path: string } | { whyNot: string } {
  const path = join(scratchDirectory(), 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    return { whyNot: `no file system can be mounted here (${String(error).split('\n')[0]})` };
  }
  onTestFinished(() => void execFileSync('umount', [path]));
  return { path };
}

describe('a full disk', () => {
  it('fails commits with a code, and no part of them is visible (file size limit)', async () => {
    const path = scratchDirectory();
    const { lines, code, signal } = await filler.run([path], 'ulimit -f 4000');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    const [said, end] = lines as [Said, unknown];
    expect(said).toMatchObject({
      failed: 'JOURNAL_FULL',
      large: 'JOURNAL_FULL',
      isReadable: true,
      hasLarge: false,
    });
    expect(said.found).toEqual(said.acknowledged);
    expect(end).toEqual({ closed: 'done' });
    expect(await keysIn(path)).toEqual(said.acknowledged);
  });

  it('fails commits with a code, and no part of them is visible (full file system)', async ({ skip }) => {
    const disk = smallDisk();
    if ('whyNot' in disk) return skip(disk.whyNot);
    const { path } = disk;
    const { lines, code, signal } = await filler.run([join(path, 'data')]);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    const [said, end] = lines as [Said, unknown];
    expect(said).toMatchObject({
      failed: 'JOURNAL_FULL',
      large: 'JOURNAL_FULL',
      isReadable: true,
      hasLarge: false,
    });
    expect(said.found).toEqual(said.acknowledged);
    expect(end).toEqual({ closed: 'done' });
    expect(await keysIn(join(path, 'data'))).toEqual(said.acknowledged);
  });

  it('accepts commits again when there is space', async ({ skip }) => {
    const disk = smallDisk();
    if ('whyNot' in disk) return skip(disk.whyNot);
    const { path } = disk;
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    await store.put('small', 1);
    await expect(store.put('large', 'x'.repeat(5_000_000))).rejects.toMatchObject({ code: 'JOURNAL_FULL' });
    expect(await store.has('large')).toBe(false);
    execFileSync('mount', ['-o', 'remount,size=20m', path]);
    await store.put('large', 'x'.repeat(5_000_000));
    await store.close();
    expect(await keysIn(path)).toEqual(['large', 'small']);
  });

  it('fails the next commit of a relaxed journal, and the acknowledged ones are written later', async ({
    skip,
  }) => {
    const disk = smallDisk();
    if ('whyNot' in disk) return skip(disk.whyNot);
    const { path } = disk;
    const store = new MemStore({ journal: lmdbJournal({ path, durability: 'relaxed' }) });
    await store.put('handed over', 'x'.repeat(3_000_000));
    await expect
      .poll(() => store.put('next', 1).catch((error: { code: string }) => error.code))
      .toBe('JOURNAL_FULL');
    expect(await store.has('handed over')).toBe(true);
    execFileSync('mount', ['-o', 'remount,size=20m', path]);
    await store.put('last', 1);
    await store.close();
    expect(await keysIn(path)).toEqual(expect.arrayContaining(['handed over', 'last']));
  });
});
