import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createFile, removeUnfinished } from '../../../src/journal/lmdb/create-file.ts';
import { scratchDirectory } from './scratch-directory.ts';

const link = vi.hoisted(() => ({ before: (_file: string): void => {} }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const linkSync: typeof fs.linkSync = (from, to) => {
    link.before(String(to));
    fs.linkSync(from, to);
  };
  return { ...fs, linkSync };
});

beforeEach(() => {
  link.before = () => {};
});

/** Creates a new directory. */
function directory(): string {
  const path = scratchDirectory();
  mkdirSync(path, { recursive: true });
  return path;
}

describe('the file of a journal', () => {
  it('is created once, and no temporary file remains', async () => {
    const path = directory();
    await createFile(path);
    const before = readFileSync(join(path, 'data.mdb'));
    await createFile(path);
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
    expect(readdirSync(path)).toEqual(['data.mdb']);
  });

  it('is created on a file system without hard links', async () => {
    const path = directory();
    link.before = () => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    };
    await createFile(path);
    expect(readdirSync(path)).toEqual(['data.mdb']);
  });

  it('is the file of the process that created it first', async () => {
    const path = directory();
    link.before = (file) => writeFileSync(file, 'of another process');
    await createFile(path);
    expect(readFileSync(join(path, 'data.mdb'), 'utf8')).toBe('of another process');
    expect(readdirSync(path)).toEqual(['data.mdb']);
  });

  it('is not removed while another process is creating it', () => {
    const path = directory();
    const names = [`data.mdb.${process.pid}.1-2.new`, `data.mdb.${process.pid}.1-2.new-lock`];
    for (const name of [...names, 'data.mdb.999999999.1-2.new']) writeFileSync(join(path, name), 'half');
    removeUnfinished(path);
    expect(readdirSync(path).sort()).toEqual(names);
  });
});
