import { MemStore, type Store } from 'memstore-tx';
import { copyStore, openStore } from 'memstore-tx/open';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingEtcd } from '../etcd/etcd-cluster.ts';
import { useCluster } from '../etcd/use-cluster.ts';
import { skipNote } from '../skip-note.ts';

type AnyStore = Store<Record<string, unknown>>;

async function contentOf(store: AnyStore): Promise<[key: string, value: unknown][]> {
  const entries: [key: string, value: unknown][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  return entries;
}

async function filled(): Promise<MemStore> {
  const store = new MemStore();
  onTestFinished(() => store.close());
  await store.putMany(Array.from({ length: 230 }, (_, n) => [`key:${n}`, { n, at: new Date(n) }]));
  // Together these entries are too large for one commit of the cluster.
  await store.putMany(Array.from({ length: 5 }, (_, n) => [`large:${n}`, 'ä'.repeat(300_000)]));
  await store.put('mortal', new Map([[1n, new Set(['x'])]]), { ttl: 3_600_000 });
  return store;
}

describe.skipIf(missingEtcd !== undefined)(`a copy to a cluster and back${skipNote(missingEtcd)}`, () => {
  const etcd = useCluster(1);

  async function open(prefix: string): Promise<AnyStore> {
    const store = await openStore(`etcd://${etcd.cluster.hosts.join(',')}/${prefix}`);
    onTestFinished(() => store.close());
    return store;
  }

  it('has the same entries and expiry times', async () => {
    const prefix = etcd.newPrefix();
    const [from, to, back] = [await filled(), await open(prefix), new MemStore()];
    onTestFinished(() => back.close());
    expect(await copyStore(from, to)).toBe(236);
    expect(await contentOf(await etcd.open({ prefix }))).toEqual(await contentOf(from));
    expect(await copyStore(to, back)).toBe(236);
    expect(await contentOf(back)).toEqual(await contentOf(from));
    for (const store of [to, back]) {
      const left = (await store.transaction((tx) => tx.ttl('mortal'))) ?? 0;
      expect(left).toBeGreaterThan(3_000_000);
      expect(left).toBeLessThanOrEqual(3_601_000);
    }
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('starts again after its signal was aborted', async () => {
    const [from, to] = [await filled(), await open(etcd.newPrefix())];
    const controller = new AbortController();
    const { signal } = controller;
    const copy = copyStore(from, to, { signal, onProgress: () => controller.abort() });
    await expect(copy).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await contentOf(to)).length).toBeLessThan(150);
    await copyStore(from, to);
    expect(await contentOf(to)).toEqual(await contentOf(from));
  });
});
