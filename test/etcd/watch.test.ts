import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { EtcdStore } from 'memstore-tx/etcd';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { begin, type Feed, read, readCommit, readSnapshot } from './read-feed.ts';
import { useCluster } from './use-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

/** Puts numbered entries, 100 in each transaction. */
async function putNumbered(store: EtcdStore, count: number, value: unknown): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `k${String(index).padStart(5, '0')}`);
  for (let start = 0; start < count; start += 100)
    await store.putMany(keys.slice(start, start + 100).map((key) => [key, value] as const));
  return keys;
}

describe.skipIf(missingEtcd)(`a change feed on a cluster${skipNote(missingEtcd)}`, () => {
  const etcd = useCluster(1);

  it('yields the commits of all processes in one order, and nothing of other stores', async () => {
    const prefix = etcd.newPrefix();
    const [one, other] = [await etcd.open({ prefix }), await etcd.open({ prefix })];
    const stranger = await etcd.open();
    const feeds = [await begin(one), await begin(other)] as const;
    await one.put('a', 1);
    await stranger.put('a', 'strange');
    await other.transaction(async (tx) => {
      await tx.getForUpdate('a');
      await tx.put('a', 2);
      await tx.put('b', 2);
    });
    await one.del('b');
    for (const feed of feeds) {
      expect(await readCommit(feed)).toEqual([{ key: 'a', value: 1, cause: 'put' }]);
      expect(await readCommit(feed)).toEqual([
        { key: 'a', value: 2, cause: 'put' },
        { key: 'b', value: 2, cause: 'put' },
      ]);
      expect(await readCommit(feed)).toEqual([{ key: 'b', cause: 'del' }]);
      await feed.return?.();
    }
  });

  it('yields the batches in order to calls of next() that wait', async () => {
    const store = await etcd.open();
    const feed = await begin(store);
    const calls = [readCommit(feed), readCommit(feed), readCommit(feed)];
    for (const value of [1, 2, 3]) await store.put('k', value);
    const changes = await Promise.all(calls);
    expect(changes.map(([change]) => change?.value)).toEqual([1, 2, 3]);
    await feed.return?.();
  });

  it('reads its snapshot at one revision, and yields each later commit once', async () => {
    const store = await etcd.open();
    const keys = await putNumbered(store, 600, 0);
    const feed: Feed = store.watch(undefined, { initial: true });
    const first = await read(feed);
    await store.put('k00000', 1);
    await store.put('k00599', 1);
    await store.del('k00300');
    const parts = await readSnapshot(feed);
    if (first.type !== 'snapshot') throw new Error(`expected a snapshot, got ${first.type}`);
    expect(first.last).toBe(false);
    expect([...first.entries, ...parts.flat()]).toEqual(keys.map((key) => [key, 0]));
    expect(await readCommit(feed)).toEqual([{ key: 'k00000', value: 1, cause: 'put' }]);
    expect(await readCommit(feed)).toEqual([{ key: 'k00599', value: 1, cause: 'put' }]);
    expect(await readCommit(feed)).toEqual([{ key: 'k00300', cause: 'del' }]);
    await feed.return?.();
  });

  it('tells a deletion by a transaction from the end of a lease', async () => {
    const store = await etcd.open();
    await store.putMany([
      ['a', 1],
      ['b', 1],
      ['other', 1],
    ]);
    const feed = await begin(store, { lt: 'c' });
    await store.putMany(
      [
        ['a', 2],
        ['b', 2],
      ],
      { ttl: 1 },
    );
    await store.del('b');
    const [a, b] = await readCommit(feed);
    expect([a, b]).toEqual([
      { key: 'a', value: 2, cause: 'put', expiresAt: expect.any(Number) },
      { key: 'b', value: 2, cause: 'put', expiresAt: expect.any(Number) },
    ]);
    expect(await readCommit(feed)).toEqual([{ key: 'b', cause: 'del' }]);
    // A commit outside the range must not change the cause of the expiry to `del`.
    const expired = readCommit(feed);
    await store.put('other', 2);
    expect(await expired).toEqual([{ key: 'a', cause: 'expire' }]);
    await feed.return?.();
  });

  it('shows a touch as a put of the same value', async () => {
    const store = await etcd.open();
    await store.put('k', 1);
    const feed = await begin(store, 'k', { values: 'both' });
    await store.touch('k', { ttl: 3_600_000 });
    const [change] = await readCommit(feed);
    expect(change).toEqual({ key: 'k', value: 1, previous: 1, cause: 'put', expiresAt: expect.any(Number) });
    await feed.return?.();
  });

  it('shows no change of a range that is empty', async () => {
    const store = await etcd.open();
    const feed = await begin(store, { gte: 'b', lt: 'a' });
    const next = feed.next();
    await store.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    await feed.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await readSnapshot(store.watch({ gte: 'b', lt: 'a' }, { initial: true }))).toEqual([[]]);
  });

  it('continues after the revision since, in another process too', async () => {
    const prefix = etcd.newPrefix();
    const [one, other] = [await etcd.open({ prefix }), await etcd.open({ prefix })];
    const feed = await begin(one);
    for (const value of [1, 2, 3]) await one.put('k', value);
    const { revision } = await read(feed);
    await feed.return?.();
    const later: Feed = other.watch('k', { since: revision });
    expect(await read(later)).toEqual({ type: 'start', revision });
    expect(await readCommit(later)).toEqual([{ key: 'k', value: 2, cause: 'put' }]);
    expect(await readCommit(later)).toEqual([{ key: 'k', value: 3, cause: 'put' }]);
    await later.return?.();
  });

  it('refuses revisions of another cluster, and of the future', async () => {
    const store = await etcd.open();
    const feed: Feed = store.watch();
    const { revision } = await read(feed);
    await feed.return?.();
    const [cluster = '', number = ''] = revision.split('-');
    const future = (Number.parseInt(number, 36) + 1_000_000).toString(36);
    for (const since of [
      `1-${number}`,
      `${cluster}-${future}`,
      `${cluster}-0`,
      `${cluster}-0${number}`,
      cluster,
    ])
      await expect(store.watch(undefined, { since }).next()).rejects.toEqual(code('REVISION_UNKNOWN'));
  });

  it('yields one batch for a revision that takes several responses', async () => {
    const store = await etcd.open();
    const feed = await begin(store, undefined, { values: 'both' });
    // With the previous values, one revision does not fit into one response of etcd.
    const keys = Array.from({ length: 10 }, (_, index) => `k${index}`);
    for (const letter of ['a', 'b', 'c'])
      await store.putMany(keys.map((key) => [key, letter.repeat(140_000)] as const));
    let previous: string | undefined;
    for (const letter of ['a', 'b', 'c']) {
      const value = letter.repeat(140_000);
      const expected = keys.map((key) => ({
        key,
        value,
        ...(previous === undefined ? {} : { previous }),
        cause: 'put',
      }));
      expect(await readCommit(feed)).toEqual(expected);
      previous = value;
    }
    await feed.return?.();
  });

  it('catches up over many large revisions', async () => {
    const store = await etcd.open();
    const feed: Feed = store.watch('k');
    const { revision: since } = await read(feed);
    await feed.return?.();
    for (let version = 0; version < 12; version++) await store.put('k', `${version}`.padEnd(500_000));
    const later: Feed = store.watch('k', { since });
    await read(later);
    for (let version = 0; version < 12; version++)
      expect(await readCommit(later)).toEqual([
        { key: 'k', value: `${version}`.padEnd(500_000), cause: 'put' },
      ]);
    await later.return?.();
  });

  it('yields resync if the changes since a revision are compacted', async () => {
    const store = await etcd.open();
    const feed: Feed = store.watch();
    const { revision: since } = await read(feed);
    await feed.return?.();
    await store.put('k', 1);
    await store.put('k', 2);
    await etcd.cluster.compact();
    const later: Feed = store.watch(undefined, { since });
    expect(await read(later)).toEqual({ type: 'resync', revision: expect.any(String), reason: 'history' });
    await store.put('k', 3);
    expect(await readCommit(later)).toEqual([{ key: 'k', value: 3, cause: 'put' }]);
    await later.return?.();
  });

  it('yields resync and a fresh snapshot if its snapshot is compacted', async () => {
    const store = await etcd.open();
    const keys = await putNumbered(store, 600, 0);
    const feed: Feed = store.watch(undefined, { initial: true });
    await read(feed);
    await putNumbered(store, 600, 1);
    await etcd.cluster.compact();
    expect(await read(feed)).toEqual({ type: 'resync', revision: expect.any(String), reason: 'history' });
    expect((await readSnapshot(feed)).flat()).toEqual(keys.map((key) => [key, 1]));
    await store.put('k', 2);
    expect(await readCommit(feed)).toEqual([{ key: 'k', value: 2, cause: 'put' }]);
    await feed.return?.();
  });

  it('is not disturbed by compaction while it is up to date', async () => {
    const store = await etcd.open();
    const feed = await begin(store, undefined, { initial: false });
    for (let value = 0; value < 5; value++) {
      await store.put('k', value);
      expect(await readCommit(feed)).toEqual([{ key: 'k', value, cause: 'put' }]);
      await etcd.cluster.compact();
    }
    await feed.return?.();
  });

  it('leaves no watch on the cluster after it has ended', async () => {
    const store = await etcd.open();
    const before = await etcd.cluster.watches();
    const controller = new AbortController();
    const returned = await begin(store);
    const aborted = await begin(store, undefined, { signal: controller.signal });
    const overflowing = await begin(store, undefined, { maxBuffered: 1 });
    const others = [await begin(store), await begin(store)] as const;
    while ((await etcd.cluster.watches()) < before + 5);
    await returned.return?.();
    controller.abort();
    await store.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    while ((await etcd.cluster.watches()) > before + 2);
    await expect(aborted.next()).rejects.toEqual(code('ABORTED'));
    await overflowing.return?.();
    await store.close();
    for (const feed of others) await expect(feed.next()).rejects.toEqual(code('STORE_CLOSED'));
    while ((await etcd.cluster.watches()) > before);
  });

  it('ends when its iterator is abandoned', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = await etcd.open();
    const before = await etcd.cluster.watches();
    const abandon = async (): Promise<void> => {
      for (let count = 0; count < 20; count++) await begin(store);
      while ((await etcd.cluster.watches()) < before + 20);
    };
    await abandon();
    while ((await etcd.cluster.watches()) > before + 1) collect();
  });
});
