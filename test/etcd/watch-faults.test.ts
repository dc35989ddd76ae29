import type { EtcdStore } from 'memstore-tx/etcd';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { begin, type Feed, read, readCommit, readSnapshot } from './read-feed.ts';
import { useCluster } from './use-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe.skipIf(missingEtcd)(`a change feed on a cluster with faults${skipNote(missingEtcd)}`, () => {
  const etcd = useCluster(3);

  /** Opens two stores of the same data. The reader only knows node 0, and the writer only knows node 1. */
  async function openBoth(): Promise<{ readonly reader: EtcdStore; readonly writer: EtcdStore }> {
    await etcd.cluster.healthy();
    const prefix = etcd.newPrefix();
    const [readerHost = '', writerHost = ''] = etcd.cluster.hosts;
    const patience = { requestTimeout: 60_000 };
    const reader = await etcd.open({ prefix, hosts: readerHost, ...patience });
    const writer = await etcd.open({ prefix, hosts: writerHost, ...patience });
    return { reader, writer };
  }

  it('continues without a gap when its node comes back', async () => {
    const { reader, writer } = await openBoth();
    const feed = await begin(reader);
    await writer.put('k', 0);
    expect(await readCommit(feed)).toEqual([{ key: 'k', value: 0, cause: 'put' }]);
    await etcd.cluster.kill(0);
    for (let value = 1; value <= 20; value++) await writer.put('k', value);
    await writer.del('k');
    etcd.cluster.startNode(0);
    for (let value = 1; value <= 20; value++)
      expect(await readCommit(feed)).toEqual([{ key: 'k', value, cause: 'put' }]);
    expect(await readCommit(feed)).toEqual([{ key: 'k', cause: 'del' }]);
    await writer.put('k', 'after');
    expect(await readCommit(feed)).toEqual([{ key: 'k', value: 'after', cause: 'put' }]);
    await feed.return?.();
  });

  it('yields resync if the cluster has compacted what it missed', async () => {
    const { reader, writer } = await openBoth();
    await writer.put('k', 0);
    const [feed, copying] = [await begin(reader), reader.watch(undefined, { initial: true }) as Feed];
    expect(await readSnapshot(copying)).toEqual([[['k', 0]]]);
    await etcd.cluster.kill(0);
    await writer.put('k', 1);
    await writer.del('k');
    await writer.put('l', 2);
    await etcd.cluster.compact(1);
    etcd.cluster.startNode(0);
    for (const each of [feed, copying])
      expect(await read(each)).toEqual({ type: 'resync', revision: expect.any(String), reason: 'history' });
    expect(await readSnapshot(copying)).toEqual([[['l', 2]]]);
    await writer.put('l', 3);
    for (const each of [feed, copying]) {
      expect(await readCommit(each)).toEqual([{ key: 'l', value: 3, cause: 'put' }]);
      await each.return?.();
    }
  });

  it('misses no deletion that is compacted directly after its position', async () => {
    const { reader, writer } = await openBoth();
    const feed = await begin(reader);
    await writer.put('k', 1);
    await readCommit(feed);
    await etcd.cluster.kill(0);
    await writer.del('k');
    await etcd.cluster.compact(1);
    etcd.cluster.startNode(0);
    const batch = await read(feed);
    expect(batch).toEqual({ type: 'resync', revision: expect.any(String), reason: 'history' });
    await feed.return?.();
  });

  it('continues at another node when its node no longer answers', async () => {
    await etcd.cluster.healthy();
    const prefix = etcd.newPrefix();
    const [, , writerHost = ''] = etcd.cluster.hosts;
    const writer = await etcd.open({ prefix, hosts: writerHost });
    const before = await etcd.cluster.watches(0);
    const reader = await etcd.open({ prefix, hosts: etcd.cluster.hosts.slice(0, 2), attemptTimeout: 500 });
    // The feeds are spread over both nodes at random.
    const feeds: Feed[] = [];
    while ((await etcd.cluster.watches(0)) === before) feeds.push(await begin(reader));
    etcd.cluster.pause(0);
    try {
      await writer.put('k', 1);
      for (const feed of feeds) {
        expect(await readCommit(feed)).toEqual([{ key: 'k', value: 1, cause: 'put' }]);
        await feed.return?.();
      }
    } finally {
      etcd.cluster.resume(0);
    }
  });

  it('continues without a gap when the leader changes', async () => {
    const { reader, writer } = await openBoth();
    const feed = await begin(reader);
    for (let value = 0; value < 9; value++) {
      await etcd.cluster.moveLeader(value % 3);
      await writer.put('k', value);
      expect(await readCommit(feed)).toEqual([{ key: 'k', value, cause: 'put' }]);
    }
    await feed.return?.();
  });

  it('rejects with CONNECTION_LOST if no node answers, and with ABORTED meanwhile', async () => {
    await etcd.cluster.healthy();
    const [hosts = ''] = etcd.cluster.hosts;
    const store = await etcd.open({ hosts, requestTimeout: 500 });
    const controller = new AbortController();
    const feed = await begin(store);
    const other = await begin(store, undefined, { signal: controller.signal });
    await etcd.cluster.kill(0);
    const aborted = other.next();
    controller.abort();
    await expect(aborted).rejects.toEqual(code('ABORTED'));
    await expect(feed.next()).rejects.toEqual(code('CONNECTION_LOST'));
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    await expect(store.watch().next()).rejects.toEqual(code('CONNECTION_LOST'));
    etcd.cluster.startNode(0);
    await etcd.cluster.healthy();
  });
});
