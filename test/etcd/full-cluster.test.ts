import { EtcdStore } from 'memstore-tx/etcd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdCluster, missingEtcd } from './etcd-cluster.ts';

describe.skipIf(missingEtcd)('a cluster that is full', () => {
  let cluster: EtcdCluster | undefined;
  beforeAll(async () => {
    cluster = await EtcdCluster.start(1, { 'quota-backend-bytes': '4000000' });
  }, 120_000);
  afterAll(() => cluster?.stop());

  it('refuses commits with LIMIT_EXCEEDED, and can be read', async () => {
    const store = await EtcdStore.open({ hosts: cluster?.hosts ?? [] });
    const value = 'x'.repeat(500_000);
    let written = 0;
    const fill = async (): Promise<void> => {
      for (; ; written++) await store.put(`k${written}`, value);
    };
    await expect(fill()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', retryable: false });
    expect(written).toBeGreaterThan(2);
    expect(await store.get('k0')).toBe(value);
    expect(await store.has(`k${written}`)).toBe(false);
    await store.close();
  });
});
