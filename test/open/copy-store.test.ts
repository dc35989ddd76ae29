import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  lru,
  MAX_TTL_MS,
  MemStore,
  type Store,
  startServer,
  type Transaction,
  type TransactionOptions,
} from 'memstore-tx';
import { type CopyOptions, copyStore, openStore } from 'memstore-tx/open';
import { describe, expect, it, onTestFinished } from 'vitest';

type Anything = Record<string, unknown>;

async function contentOf(store: Store<Anything>): Promise<[string, unknown][]> {
  const entries: [string, unknown][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
}

async function filled(count = 350): Promise<MemStore> {
  const store = new MemStore();
  await store.putMany(Array.from({ length: count }, (_, n) => [`key:${n}`, { n, at: new Date(n) }]));
  return store;
}

async function served(): Promise<Store<Anything>> {
  const store = new MemStore();
  const server = await startServer(store, { port: 0 });
  const remote = await openStore(`memstore://127.0.0.1:${server.port}`);
  onTestFinished(async () => {
    await remote.close();
    await server.close({ drainTimeout: 0 });
    await store.close();
  });
  return remote;
}

async function onDisk(): Promise<Store<Anything>> {
  const path = mkdtempSync(join(tmpdir(), 'memstore-open-'));
  const store = await openStore(`lmdb:${path}`);
  onTestFinished(async () => {
    await store.close();
    rmSync(path, { recursive: true });
  });
  return store;
}

const backends = { memory: () => openStore('memory:'), served, onDisk };

describe.each(Object.entries(backends))('copyStore into and out of a store (%s)', (_name, open) => {
  it('copies all entries with their expiry times', async () => {
    const source = await filled();
    await source.put('limited', 1, { ttl: 3_600_000 });
    await source.put('longest', 1, { ttl: MAX_TTL_MS });
    await source.put('for ever', 1, { ttl: Number.POSITIVE_INFINITY });
    const middle = await open();
    const target = new MemStore();
    const progress: number[] = [];
    expect(await copyStore(source, middle, { onProgress: ({ copied }) => progress.push(copied) })).toBe(353);
    expect(progress).toEqual([100, 200, 300, 353]);
    expect(await copyStore(middle, target)).toBe(353);
    expect(await contentOf(middle)).toEqual(await contentOf(source));
    expect(await contentOf(target)).toEqual(await contentOf(source));
    const left = await target.transaction((tx) => tx.ttl('limited'));
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_600_001);
    expect(await target.transaction((tx) => tx.ttl('longest'))).toBeGreaterThan(MAX_TTL_MS - 3_600_000);
    expect(await target.transaction((tx) => tx.ttl('for ever'))).toBe(undefined);
    expect(await target.transaction((tx) => tx.ttl('key:1'))).toBeUndefined();
  });

  it('refuses a destination that is not empty, and does not change it', async () => {
    const target = await open();
    await target.put('mine', 1);
    await expect(copyStore(await filled(), target)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await contentOf(target)).toEqual([['mine', 1]]);
  });

  it('starts an interrupted copy again', async () => {
    const source = await filled();
    const target = await open();
    const interrupted = copyStore(source, target, {
      onProgress: ({ copied }) => {
        if (copied === 200) throw new Error('interrupted');
      },
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    await source.del('key:0');
    await copyStore(source, target);
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });
});

describe('copyStore', () => {
  it('copies the entries of one moment, despite concurrent writes', async () => {
    const source = await filled();
    const before = await contentOf(source);
    const target = new MemStore();
    await copyStore(source, target, {
      onProgress: ({ copied }) =>
        void source.putMany([
          [`key:${copied}`, 'new'],
          ['zzz', copied],
        ]),
    });
    expect(await contentOf(target)).toEqual(before);
  });

  it('copies only the keys with the prefix, and changes no other key of the destination', async () => {
    const source = await filled(3);
    await source.put('other', 1);
    const target = new MemStore();
    await target.put('mine', 1);
    expect(await copyStore(source, target, { prefix: 'key:' })).toBe(3);
    expect((await contentOf(target)).map(([key]) => key)).toEqual(['key:0', 'key:1', 'key:2', 'mine']);
  });

  it('makes smaller transactions if the destination requires them', async () => {
    const source = await filled();
    const target = new MemStore({ maxTransactionWrites: 7 });
    await expect(copyStore(source, target)).resolves.toBe(350);
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });

  it.each([
    ['', 'The destination is not empty: it has keys. Delete them first.'],
    ['key:', 'The destination is not empty: it has keys that start with "key:". Delete them first.'],
  ])('refuses a destination that has keys with the prefix %j', async (prefix, message) => {
    const copying = copyStore(await filled(1), await filled(1), { prefix });
    await expect(copying).rejects.toMatchObject({ code: 'INVALID_OPTION', message });
  });

  it('fails when another copy takes over the destination', async () => {
    const source = await filled();
    const target = new MemStore();
    let second: Promise<number> | undefined;
    const first = copyStore(source, target, {
      onProgress: () => {
        second ??= copyStore(source, target);
      },
    });
    await expect(first).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await second).toBe(350);
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });
});

it.each(['http://x', 'x', '', 'lmdb:'])('openStore refuses %j', async (url) => {
  await expect(openStore(url)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

it('an entry without expiry is copied without expiry into a cache that has a default ttl', async () => {
  const source = new MemStore();
  await source.put('for ever', 1);
  const target = new MemStore({ cache: lru({ max: 10, ttl: 1000 }) });
  await copyStore(source, target);
  expect(await target.transaction((tx) => tx.ttl('for ever'))).toBe(undefined);
});

it('a remaining TTL above the maximum is copied as no expiry', async () => {
  class OddSource extends MemStore {
    override async begin(options?: TransactionOptions): Promise<Transaction<Anything>> {
      const tx = (await super.begin(options)) as Transaction<Anything>;
      tx.ttl = async () => 2 ** 60;
      return tx;
    }
  }
  const [source, target] = [new OddSource(), new MemStore()];
  await source.put('k', 1);
  expect(await copyStore(source, target)).toBe(1);
  expect(await target.transaction((tx) => tx.ttl('k'))).toBe(undefined);
});

describe('options of copyStore', () => {
  it.each([
    [{ perfix: 'a' }, /^There is no option "perfix"; the known names are prefix, onProgress, signal/],
    [{ prefix: 7 }, /^prefix must be a string/],
    [{ onProgress: true }, /^onProgress must be a function/],
    [{ signal: 'stop' }, /^signal must be an AbortSignal/],
    [null, /^options must be an object/],
    [[], /^options must be an object/],
    ['a', /^options must be an object/],
  ])('refuse invalid values: %o', async (options, message) => {
    const copying = copyStore(new MemStore(), new MemStore(), options as CopyOptions);
    await expect(copying).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });
});
