import { type ChangeBatch, type JournalStrategy, MemStore, type MemStoreOptions } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';

type Values = Record<string, unknown>;
type Feed = AsyncIterableIterator<ChangeBatch<Values>>;

async function read(feed: Feed): Promise<ChangeBatch<Values>> {
  return (await feed.next()).value as ChangeBatch<Values>;
}

function open(options: MemStoreOptions = {}): MemStore<Values> {
  return new MemStore<Values>({ clock: new FakeClock(), ...options });
}

/** Puts 1, 2, 3 and so on under the key, each in a transaction of its own. */
async function count(store: MemStore<Values>, key: string, to: number): Promise<void> {
  for (let value = 1; value <= to; value++) await store.put(key, value);
}

describe('mode latest', () => {
  it('merges what is not read into one batch with the newest revision', async () => {
    const store = open();
    await store.putMany([
      ['a', 0],
      ['b', 0],
    ]);
    const feed = store.watch({}, { mode: 'latest', values: 'both' });
    const witness = store.watch();
    await Promise.all([feed.next(), witness.next()]);
    await count(store, 'a', 3);
    await store.del('b');
    await store.put('c', 1);
    await store.del('c');
    await store.put('d', 5);
    let newest = '';
    for (let left = 7; left > 0; left--) newest = (await read(witness)).revision;
    expect(await read(feed)).toEqual({
      type: 'commit',
      revision: newest,
      changes: [
        { key: 'a', value: 3, previous: 0, cause: 'put' },
        { key: 'b', previous: 0, cause: 'del' },
        { key: 'd', value: 5, cause: 'put' },
      ],
    });
    await store.close();
  });

  it('counts keys, so that one hot key never overflows', async () => {
    const store = open();
    const feed = store.watch({}, { mode: 'latest', maxBuffered: 2 });
    await feed.next();
    await count(store, 'hot', 1_000);
    await store.put('other', 1);
    expect(store.stats().bufferedChanges).toBe(2);
    expect(await read(feed)).toMatchObject({ type: 'commit', changes: [{ value: 1_000 }, { value: 1 }] });
    await store.putMany(['a', 'b', 'c'].map((key) => [key, 1] as const));
    expect(await read(feed)).toMatchObject({ type: 'resync', reason: 'overflow' });
    await store.close();
  });

  it('calls a put that was touched a put', async () => {
    const store = open();
    await store.put('k', 1);
    const feed = store.watch('k', { mode: 'latest' });
    await feed.next();
    await store.put('k', 2);
    await store.touch('k', { ttl: 1_000 });
    expect(await read(feed as Feed)).toMatchObject({ changes: [{ value: 2, cause: 'put' }] });
    await store.close();
  });
});

describe('overflow', () => {
  it('drops the buffer at once', async () => {
    const store = open();
    const feed = store.watch({}, { maxBuffered: 10 });
    await feed.next();
    await count(store, 'k', 10);
    expect(store.stats().bufferedChanges).toBe(10);
    await count(store, 'k', 5);
    expect(store.stats().bufferedChanges).toBe(0);
    expect(await read(feed)).toMatchObject({ type: 'resync', reason: 'overflow' });
    await store.put('k', 'after');
    expect(await read(feed)).toMatchObject({ changes: [{ value: 'after' }] });
    await store.close();
  });

  it('during the snapshot starts it again', async () => {
    const store = open();
    const keys = Array.from({ length: 2_500 }, (_, index) => `k${1e5 + index}`);
    await store.putMany(keys.map((key) => [key, 0] as const));
    const feed = store.watch({}, { initial: true, maxBuffered: 3 });
    expect(await read(feed)).toMatchObject({ type: 'snapshot', last: false });
    await count(store, 'z', 5);
    expect(await read(feed)).toMatchObject({ type: 'resync', reason: 'overflow' });
    expect(store.stats().activeSnapshots).toBe(0);
    expect(await read(feed)).toMatchObject({ type: 'snapshot', last: false });
    await store.close();
  });

  it('restarts a snapshot that needs more history than the store keeps', async () => {
    const store = open({ maxHistoryVersions: 2 });
    const keys = Array.from({ length: 1_500 }, (_, index) => `k${1e5 + index}`);
    await store.putMany(keys.map((key) => [key, 0] as const));
    const feed = store.watch({}, { initial: true });
    expect(await read(feed)).toMatchObject({ type: 'snapshot', last: false });
    for (const key of keys.slice(0, 5)) await store.put(key, 1);
    expect(await read(feed)).toMatchObject({ type: 'resync' });
    let part = await read(feed);
    const values: unknown[] = [];
    for (; part.type === 'snapshot'; part = await read(feed)) {
      values.push(...part.entries.map(([, value]) => value));
      if (part.last) break;
    }
    expect(values.filter((value) => value === 1).length).toBe(5);
    await store.close();
  });
});

describe('a snapshot of a feed', () => {
  it('keeps no old versions after its last part', async () => {
    const store = open();
    await store.put('k', 1);
    const feed = store.watch({}, { initial: true });
    expect(await read(feed)).toMatchObject({ type: 'snapshot', last: true });
    await store.put('k', 2);
    expect(store.stats()).toMatchObject({ activeSnapshots: 0, historyVersions: 0 });
    await store.close();
  });

  it('does not show an entry that has expired, and no expiry of it follows', async () => {
    const clock = new FakeClock();
    const store = open({ clock: Object.assign(clock, { setTimer: () => 0, clearTimer: () => {} }) });
    await store.put('k', 1, { ttl: 100 });
    await store.put('l', 1);
    clock.advance(200);
    const feed = store.watch({}, { initial: true });
    expect(await read(feed)).toMatchObject({ entries: [['l', 1]] });
    await store.put('l', 2);
    expect(await read(feed)).toMatchObject({ changes: [{ key: 'l' }] });
    await store.close();
  });
});

describe('past changes', () => {
  it('resume a feed after a revision', async () => {
    const store = open({ changes: { keep: 10 } });
    const first = store.watch({ prefix: 'a' });
    const { revision } = await read(first as Feed);
    await store.put('a', 1);
    await store.put('b', 1);
    await store.putMany([
      ['a', 2],
      ['b', 2],
    ]);
    const feed = store.watch({ prefix: 'a' }, { since: revision, values: 'both' }) as Feed;
    expect(await read(feed)).toEqual({ type: 'start', revision });
    expect(await read(feed)).toMatchObject({ changes: [{ key: 'a', value: 1 }] });
    expect(await read(feed)).toMatchObject({ changes: [{ key: 'a', value: 2, previous: 1 }] });
    await store.put('a', 3);
    expect(await read(feed)).toMatchObject({ changes: [{ key: 'a', value: 3 }] });
    await store.close();
  });

  it('are dropped as whole transactions, and then the feed yields resync', async () => {
    const store = open({ changes: { keep: 3 } });
    const revisions: string[] = [];
    const feed = store.watch();
    revisions.push((await read(feed)).revision);
    await store.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    revisions.push((await read(feed)).revision);
    await store.put('c', 1);
    expect(await read(store.watch({}, { since: revisions[0] as string }))).toMatchObject({ type: 'start' });
    await store.put('d', 1);
    expect(await read(store.watch({}, { since: revisions[0] as string }))).toMatchObject({
      type: 'resync',
      reason: 'history',
    });
    expect(await read(store.watch({}, { since: revisions[1] as string }))).toMatchObject({ type: 'start' });
    await store.close();
  });

  it('are not kept by default', async () => {
    const store = open();
    const { revision } = await read(store.watch());
    await store.put('a', 1);
    expect(await read(store.watch({}, { since: revision }))).toMatchObject({ reason: 'history' });
    await store.close();
  });

  it('belong to one store', async () => {
    const [one, other] = [open({ changes: { keep: 10 } }), open({ changes: { keep: 10 } })];
    const { revision } = await read(one.watch());
    await expect(other.watch({}, { since: revision }).next()).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
    });
    const future = `${revision.slice(0, -1)}9`;
    await expect(one.watch({}, { since: future }).next()).rejects.toMatchObject({ code: 'REVISION_UNKNOWN' });
    await Promise.all([one.close(), other.close()]);
  });

  it('refuse invalid options', () => {
    for (const changes of [5, null, { kept: 1 }, { keep: -1 }, { keep: 1.5 }, { keep: '1' }])
      expect(() => open({ changes } as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

describe('a feed of a store with a journal', () => {
  it('yields a commit only when the journal has it', async () => {
    let finish = (): void => {};
    const journal: JournalStrategy = {
      name: 'held',
      create: () => ({
        async *load() {},
        append: () => new Promise<void>((resolve) => (finish = resolve)),
        close: () => Promise.resolve(),
      }),
    };
    const store = open({ journal });
    const feed = store.watch();
    await feed.next();
    let isYielded = false;
    const next = feed.next().finally(() => {
      isYielded = true;
    });
    const put = store.put('k', 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isYielded).toBe(false);
    finish();
    await put;
    expect((await next).value).toMatchObject({ changes: [{ key: 'k' }] });
    await store.close();
  });
});

describe('the end of feeds', () => {
  it('lets a consumer read the commits before close()', async () => {
    const store = open();
    const feed = store.watch();
    await feed.next();
    await store.put('k', 1);
    await store.close();
    expect(await read(feed)).toMatchObject({ changes: [{ value: 1 }] });
    await expect(feed.next()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    expect((await feed.next()).done).toBe(true);
  });

  it('leaves nothing behind in the store or on the signal', async () => {
    const store = open();
    const { signal } = new AbortController();
    const feeds = [
      store.watch({}, { signal, initial: true }),
      store.watch({ prefix: 'k' }, { signal }),
    ] as Feed[];
    for (const feed of feeds) await feed.next();
    expect(store.stats().changeFeeds).toBe(2);
    for (const feed of feeds) await feed.return?.();
    expect(store.stats()).toMatchObject({ changeFeeds: 0, bufferedChanges: 0, activeSnapshots: 0 });
    await store.close();
  });
});
