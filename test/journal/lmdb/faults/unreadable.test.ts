import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../../../skip-note.ts';
import { scratchDirectory } from '../scratch-directory.ts';
import { Program } from './run-program.ts';

const opener = new Program(new URL('./open-program.ts', import.meta.url));
const missingProc = existsSync('/proc/self') ? undefined : 'this machine has no /proc';
const isRoot = process.getuid?.() === 0;

/** Creates a journal whose pages form several levels. */
async function written(): Promise<string> {
  const path = scratchDirectory();
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  await store.putMany(Array.from({ length: 500 }, (_, n) => [`key:${n}`, `${n}`.repeat(n % 100)]));
  await store.put('large', 'x'.repeat(50_000));
  await store.close();
  return path;
}

async function refusal(path: string): Promise<unknown> {
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  const error: unknown = await store.has('a').catch((thrown: unknown) => thrown);
  await store.close();
  return error;
}

async function withLmdb(path: string, key: Buffer, value: string): Promise<void> {
  const db = open<Buffer, Buffer>({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
  await db.put(key, Buffer.from(value));
  await db.close();
}

describe('a file that is not a journal of this version', () => {
  it('is refused and unchanged if it is of another version of LMDB', async () => {
    const path = await written();
    const before = readFileSync(join(path, 'data.mdb'));
    for (const page of [0, 4_096]) before.writeUInt32LE(3, page + 28);
    writeFileSync(join(path, 'data.mdb'), before);
    expect(await refusal(path)).toMatchObject({ code: 'JOURNAL_FORMAT' });
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
  });

  it.each([
    ['of a later version', '{"name":"memstore-tx journal","version":2}'],
    ['of another program', 'something else'],
  ])('is refused and unchanged if its format is that %s', async (_what, format) => {
    const path = await written();
    await withLmdb(path, Buffer.of(0), format);
    const before = readFileSync(join(path, 'data.mdb'));
    expect(await refusal(path)).toMatchObject({ code: 'JOURNAL_FORMAT' });
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
  });

  it('is refused and unchanged if it is another LMDB database', async () => {
    const path = scratchDirectory();
    await withLmdb(path, Buffer.from('user:1'), 'Ada');
    const before = readFileSync(join(path, 'data.mdb'));
    expect(await refusal(path)).toMatchObject({ code: 'JOURNAL_FORMAT' });
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
  });
});

describe('a damaged journal', () => {
  it.each([
    ['is not an LMDB file', (file: string) => writeFileSync(file, 'x'.repeat(20_000))],
    ['is shorter than its first page', (file: string) => truncateSync(file, 100)],
    ['is truncated', (file: string) => truncateSync(file, 3 * 4_096)],
    ['lacks its second page', (file: string) => truncateSync(file, 4_096)],
    ['lacks most of its pages', (file: string) => truncateSync(file, 10 * 4_096)],
  ])('that %s is refused with a code', async (_what, damage) => {
    const path = await written();
    damage(join(path, 'data.mdb'));
    const { lines, code, signal } = await opener.run([path]);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(lines).toEqual([expect.objectContaining({ code: 'JOURNAL_CORRUPT' })]);
  });

  it('with a bit flipped in a value is refused with a code', async () => {
    const path = await written();
    const file = join(path, 'data.mdb');
    const bytes = readFileSync(file);
    const at = bytes.lastIndexOf('x'.repeat(1_000));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await refusal(path)).toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringContaining('large'),
    });
  });

  it('that is refused can be put back and opened, in the same process', async () => {
    const path = await written();
    const file = join(path, 'data.mdb');
    copyFileSync(file, `${file}.good`);
    truncateSync(file, 3 * 4_096);
    expect(await refusal(path)).toMatchObject({ code: 'JOURNAL_CORRUPT' });
    copyFileSync(`${file}.good`, file);
    expect(await refusal(path)).toBe(false);
  });
});

describe('a journal that is being created', () => {
  it('leaves no temporary file, and removes those of a process that died while it created one', async () => {
    const path = scratchDirectory();
    for (const name of ['data.mdb.999999999.1-2.new', 'data.mdb.999999999.1-2.new-lock'])
      writeFileSync(join(path, name), 'half');
    expect(await refusal(path)).toBe(false);
    expect(readdirSync(path).sort()).toEqual(['data.mdb', 'lock.mdb']);
  });
});

describe('a path that cannot be written', () => {
  it.each(['file', 'file/below', 'file/far/below'])('%s is refused with a code', async (place) => {
    const scratch = scratchDirectory();
    writeFileSync(join(scratch, 'file'), '');
    expect(await refusal(join(scratch, place))).toMatchObject({
      code: 'JOURNAL_FAILED',
      message: expect.stringContaining(`${join(scratch, 'file')} is not a directory.`),
    });
  });

  // This runs in a process of its own, because a failure would block Node.js for ever.
  it.skipIf(missingProc).each(['/proc/memstore', '/proc/memstore/deeper/still'])(
    `that cannot be created (%s) is refused with a code${skipNote(missingProc)}`,
    async (path) => {
      const { lines, code } = await opener.run([path]);
      expect(code).toBe(0);
      expect(lines).toEqual([
        { code: 'JOURNAL_FAILED', message: expect.stringContaining("mkdir '/proc/memstore'") },
      ]);
    },
  );

  it.each(['data.mdb', 'lock.mdb', 'owner.json'])(
    'with a directory in place of %s is refused with a code',
    async (name) => {
      const path = scratchDirectory();
      mkdirSync(join(path, name));
      const { lines, code, signal } = await opener.run([path]);
      expect({ code, signal }).toEqual({ code: 0, signal: null });
      expect(lines).toEqual([{ code: 'JOURNAL_FAILED', message: expect.stringContaining('EISDIR') }]);
    },
  );

  it.each(['data.mdb', 'lock.mdb'])('with a %s of another user is refused with a code', async (name) => {
    const path = await written();
    chmodSync(path, 0o777);
    for (const file of ['data.mdb', 'lock.mdb']) chmodSync(join(path, file), file === name ? 0o444 : 0o666);
    const { lines, code, signal } = await opener.run([path], '', isRoot ? 65_534 : undefined);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(lines).toEqual([{ code: 'JOURNAL_FAILED', message: expect.stringContaining('EACCES') }]);
  });

  it('below a directory without permission is refused with a code', async () => {
    const scratch = scratchDirectory();
    const closed = join(scratch, 'closed');
    mkdirSync(closed);
    chmodSync(scratch, 0o755);
    chmodSync(closed, 0o000);
    const { lines, code } = await opener.run([join(closed, 'a', 'b')], '', isRoot ? 65_534 : undefined);
    expect(code).toBe(0);
    expect(lines).toEqual([{ code: 'JOURNAL_FAILED', message: expect.stringContaining('EACCES') }]);
  });

  it('to a read-only directory is refused with a code', async () => {
    const scratch = scratchDirectory();
    const path = join(scratch, 'read-only');
    mkdirSync(path);
    // Root may write anywhere, so root runs the program as another user.
    chmodSync(scratch, 0o755);
    chmodSync(path, 0o555);
    const { lines, code } = await opener.run([path], '', isRoot ? 65_534 : undefined);
    expect(code).toBe(0);
    expect(lines).toEqual([expect.objectContaining({ code: 'JOURNAL_FAILED' })]);
  });
});
