import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { open, type RootDatabase } from 'lmdb';
import { MemStore, type StoreEvents } from 'memstore-tx';
import { checkJournal, lmdbJournal } from 'memstore-tx/lmdb';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../scratch-directory.ts';

type Raw = RootDatabase<Buffer, Buffer>;

/** Runs the work on the LMDB database of a closed journal. */
async function withLmdb<T>(path: string, work: (db: Raw) => T | Promise<T>): Promise<T> {
  const db: Raw = open({ path, noSubdir: false, encoding: 'binary', keyEncoding: 'binary' });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** Damages a record, or repairs it if it was damaged before. */
async function flipLastBit(db: Raw, key: Buffer): Promise<void> {
  const record = Buffer.from(db.get(key) ?? Buffer.of(0));
  record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
  await db.put(key, record);
}

/** Returns a record with a valid checksum whose value is too deep for a recursive decoder. */
function deepRecord(key: Buffer): Buffer {
  const depth = 100_000;
  const payload = Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.of(1)]);
  const body = Buffer.concat([Buffer.of(0), payload]);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(crc32(body, crc32(key)));
  return Buffer.concat([head, body]);
}

const keyOf = (key: string): Buffer => Buffer.from(`\x01${key}`);
const longKey = 'long:'.repeat(1_000);

/** Creates a journal of 2,502 entries. "deep" cannot be decoded, and two others have a wrong checksum. */
async function damagedJournal(): Promise<{ path: string; deep: Buffer }> {
  const path = scratchDirectory();
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  await store.putMany(Array.from({ length: 2_499 }, (_, n) => [`key:${n}`, n]));
  await store.putMany([
    ['deep', 1],
    [longKey, 'x'],
    ['torn', 'y'],
  ]);
  await store.close();
  const deep = deepRecord(keyOf('deep'));
  await withLmdb(path, async (db) => {
    await db.put(keyOf('deep'), deep);
    for (const { key } of [...db.getRange({ start: keyOf('long'), end: keyOf('u') })])
      await flipLastBit(db, key);
  });
  return { path, deep };
}

async function opened(path: string): Promise<{ store: MemStore; events: StoreEvents['setAside'][] }> {
  const store = new MemStore({ journal: lmdbJournal({ path, unreadable: 'set-aside' }) });
  const events: StoreEvents['setAside'][] = [];
  store.on('setAside', (event) => events.push(event));
  await store.has('');
  return { store, events };
}

describe('an entry that cannot be read', () => {
  it('makes opening fail with an error that names its key, the path and the way out', async () => {
    const { path } = await damagedJournal();
    const before = readFileSync(join(path, 'data.mdb'));
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    const parts = [
      'in /.* cannot read the entry "deep": .*cannot read its value',
      "unreadable: 'set-aside'.*memstore check /",
    ];
    await expect(store.get('key:1')).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      message: expect.stringMatching(new RegExp(parts.join('.*'), 's')),
    });
    await store.close();
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
  });

  it("is set aside with unreadable: 'set-aside', and every other entry is loaded", async () => {
    const { path } = await damagedJournal();
    const { store, events } = await opened(path);
    expect(store.stats().entries).toBe(2_499);
    expect(await store.get('key:2498')).toBe(2_498);
    expect(await store.has('deep')).toBe(false);
    expect(events).toEqual([
      { key: 'deep', reason: expect.stringContaining('cannot read its value') },
      { key: longKey, reason: 'its checksum is wrong' },
      { key: 'torn', reason: 'its checksum is wrong' },
    ]);
    await store.close();
  });

  it('is not counted as loaded', async () => {
    const { path } = await damagedJournal();
    const store = new MemStore({ journal: lmdbJournal({ path, unreadable: 'set-aside' }) });
    const events: StoreEvents['load'][] = [];
    store.on('load', (event) => events.push(event));
    await store.has('');
    await store.close();
    expect(events.at(-1)).toEqual({ loaded: 2_499, total: 2_499, done: true });
  });

  it('is set aside once: later the journal opens without events, and still contains the record', async () => {
    const { path, deep } = await damagedJournal();
    const first = await opened(path);
    await first.store.close();
    const second = await opened(path);
    expect(second.events).toEqual([]);
    await second.store.close();
    const plain = new MemStore({ journal: lmdbJournal({ path }) });
    expect(plain.stats().entries).toBe(0);
    expect(await plain.get('key:7')).toBe(7);
    await plain.close();
    const kept = await withLmdb(path, (db) => Array.from(db.getRange(), ({ value }) => value));
    expect(kept.some((value) => value.includes(deep))).toBe(true);
  });

  it('leaves its key free, and a later put of that key does not change the record that was set aside', async () => {
    const { path } = await damagedJournal();
    const first = await opened(path);
    await first.store.put('deep', 'new');
    await first.store.close();
    const again = new MemStore({ journal: lmdbJournal({ path }) });
    expect(await again.get('deep')).toBe('new');
    await again.close();
    // The entry of the same key is damaged again, and both records are kept.
    await withLmdb(path, (db) => db.put(keyOf('deep'), Buffer.from('short')));
    const { store, events } = await opened(path);
    expect(events).toEqual([{ key: 'deep', reason: 'its checksum is wrong' }]);
    await store.close();
    const { setAside } = await checkJournal({ path });
    expect(setAside.map(({ key, bytes }) => [key.slice(0, 5), bytes])).toEqual([
      ['deep', 100_006],
      ['long:', 5_011],
      ['torn', 7],
      ['deep', 5],
    ]);
  });

  it('is not set aside in a damaged database, which is refused as before', async () => {
    const { path } = await damagedJournal();
    const file = join(path, 'data.mdb');
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0, 3 * 4_096, 60 * 4_096));
    const store = new MemStore({ journal: lmdbJournal({ path, unreadable: 'set-aside' }) });
    await expect(store.get('key:1')).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
    await store.close();
  });
});

describe('checkJournal', () => {
  it('lists unreadable entries, and changes nothing', async () => {
    const { path } = await damagedJournal();
    const before = readFileSync(join(path, 'data.mdb'));
    expect(await checkJournal({ path })).toEqual({
      entries: 2_499,
      unreadable: [
        { key: 'deep', bytes: 100_006, reason: expect.stringContaining('cannot read its value') },
        { key: longKey, bytes: 5_011, reason: 'its checksum is wrong' },
        { key: 'torn', bytes: 7, reason: 'its checksum is wrong' },
      ],
      setAside: [],
    });
    expect(readFileSync(join(path, 'data.mdb')).equals(before)).toBe(true);
  });

  it('sets unreadable entries aside, and restores readable ones whose key is free', async () => {
    const { path } = await damagedJournal();
    const good = scratchDirectory();
    cpSync(path, good, { recursive: true });
    const repaired = await checkJournal({ path, repair: 'set-aside' });
    expect(repaired).toMatchObject({ entries: 2_499, unreadable: [] });
    expect(repaired.setAside).toHaveLength(3);
    // This simulates a later version that can read the records of "torn" and the long key.
    await withLmdb(path, async (db) => {
      for (const { key, value } of [...db.getRange({ end: Buffer.of(1) })])
        if (key.length > 1 && !value.includes('deep')) await flipLastBit(db, key);
    });
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    await store.put('torn', 'new');
    await store.close();
    const restored = await checkJournal({ path, repair: 'restore' });
    expect(restored).toMatchObject({ entries: 2_501, unreadable: [] });
    expect(restored.setAside.map(({ key, reason }) => [key, reason === undefined])).toEqual([
      ['deep', false],
      ['torn', true],
    ]);
    const again = new MemStore({ journal: lmdbJournal({ path }) });
    expect(await again.getMany(['torn', longKey])).toEqual(['new', 'x']);
    await again.close();
  });

  it('restores the newest of several records of one key, and keeps the others', async () => {
    const path = scratchDirectory();
    for (const value of ['old', 'new']) {
      const store = new MemStore({ journal: lmdbJournal({ path }) });
      await store.put('torn', value);
      await store.close();
      await withLmdb(path, (db) => flipLastBit(db, keyOf('torn')));
      await checkJournal({ path, repair: 'set-aside' });
    }
    await withLmdb(path, async (db) => {
      for (const { key } of [...db.getRange({ end: Buffer.of(1) })])
        if (key.length > 1) await flipLastBit(db, key);
    });
    const { entries, setAside } = await checkJournal({ path, repair: 'restore' });
    expect([entries, setAside.length]).toEqual([1, 1]);
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    expect(await store.get('torn')).toBe('new');
    await store.close();
  });

  it.each([
    [{ path: '' }, 'INVALID_OPTION'],
    [{ path: 'x', repair: 'delete' }, 'INVALID_OPTION'],
    [{ path: 'x', other: 1 }, 'INVALID_OPTION'],
    [{ path: '/does/not/exist' }, 'JOURNAL_FAILED'],
  ])('refuses %j', async (options, code) => {
    await expect(checkJournal(options as { path: string })).rejects.toMatchObject({ code });
  });

  it('refuses a journal that a store has open', async () => {
    const path = scratchDirectory();
    const store = new MemStore({ journal: lmdbJournal({ path }) });
    await store.put('a', 1);
    await expect(checkJournal({ path })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    await store.close();
  });
});
