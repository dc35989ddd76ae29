import { describe, expect, it } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { useCluster } from './use-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe.skipIf(missingEtcd)(`expiry on a cluster${skipNote(missingEtcd)}`, () => {
  const etcd = useCluster(1);

  it('a TTL is rounded up to whole seconds, and to the minimum that the cluster grants', async () => {
    const store = await etcd.open();
    await store.put('session opens', 1);
    const before = await etcd.cluster.leases();
    await store.put('short', 1, { ttl: 1 });
    await store.put('long', 1, { ttl: 10_001 });
    const granted = await etcd.cluster.leases();
    for (const lease of before) granted.splice(granted.indexOf(lease), 1);
    expect(granted[0]).toBeGreaterThanOrEqual(1);
    expect(granted[1]).toBe(11);
  });

  it('an entry is absent after its TTL, and a transaction that has read it can no longer commit', async () => {
    const store = await etcd.open();
    await store.putMany([['a', 1]], { ttl: 1_000 });
    const tx = await store.begin();
    expect(await tx.get('a')).toBe(1);
    await tx.put('b', 1);
    while ((await store.get('a')) !== undefined);
    expect(await tx.get('a')).toBe(1);
    await expect(tx.commit()).rejects.toEqual(code('CONFLICT'));
  });

  it('a put without a TTL clears an earlier one', async () => {
    const store = await etcd.open();
    await store.put('other', 1, { ttl: 1_000 });
    await store.put('a', 1, { ttl: 1_000 });
    await store.put('a', 2);
    while ((await store.get('other')) !== undefined);
    expect(await store.get('a')).toBe(2);
  });

  it('the leases of a commit that lost are revoked', async () => {
    const store = await etcd.open();
    await store.put('a', 1);
    const before = await etcd.cluster.leases();
    const tx = await store.begin();
    await tx.get('a');
    await tx.putMany([['b', 1]], { ttl: 60_000 });
    await tx.put('c', 1, { ttl: 90_000 });
    await store.put('a', 2);
    await expect(tx.commit()).rejects.toEqual(code('CONFLICT'));
    expect(await etcd.cluster.leases()).toEqual(before);
  });

  it('entries with the same TTL share a lease', async () => {
    const store = await etcd.open();
    await store.put('session opens', 1);
    const before = (await etcd.cluster.leases()).length;
    const many = Array.from({ length: 50 }, (_, index) => [`k${index}`, index] as const);
    await store.putMany(many, { ttl: 60_000 });
    expect(await etcd.cluster.leases()).toHaveLength(before + 1);
  });

  it('a snapshot of a compacted revision fails with SNAPSHOT_TOO_OLD', async () => {
    const store = await etcd.open();
    await store.put('a', 1);
    const snapshot = await store.begin({ readOnly: true });
    await store.put('a', 2);
    await etcd.cluster.compact();
    await expect(snapshot.get('a')).rejects.toEqual(code('SNAPSHOT_TOO_OLD'));
    await expect(snapshot.get('b')).rejects.toEqual(code('SNAPSHOT_TOO_OLD'));
  });
});
