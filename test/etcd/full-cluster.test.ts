import { EtcdStore } from 'memstore-tx/etcd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { EtcdCluster, missingEtcd } from './etcd-cluster.ts';

describe.skipIf(missingEtcd)(`a full cluster${skipNote(missingEtcd)}`, () => {
  let cluster: EtcdCluster | undefined;
  beforeAll(async () => {
    cluster = await EtcdCluster.start(1, { 'quota-backend-bytes': '4000000' });
  });
  afterAll(() => cluster?.stop());

  it('refuses commits with LIMIT_EXCEEDED, and still serves reads', async () => {
    const store = await EtcdStore.open({ hosts: cluster?.hosts ?? [] });
    const value = 'x'.repeat(500_000);
    let written = 0;
    const fill = async (): Promise<void> => {
      for (; ; written++) await store.put(`k${written}`, value);
    };
    await expect(fill()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      retryable: false,
      message: expect.stringMatching(/database space exceeded \(its database has \d{7,8} bytes\)/),
    });
    expect(written).toBeGreaterThan(2);
    expect(await store.get('k0')).toBe(value);
    expect(await store.has(`k${written}`)).toBe(false);
    await store.close();
  });
});

describe.skipIf(missingEtcd)(
  `a cluster that accepts fewer operations than the store is configured for${skipNote(missingEtcd)}`,
  () => {
    let cluster: EtcdCluster | undefined;
    beforeAll(async () => {
      cluster = await EtcdCluster.start(1, { 'max-txn-ops': '16', 'max-request-bytes': '10000' });
    });
    afterAll(() => cluster?.stop());

    it('refuses commits with LIMIT_EXCEEDED, and the error names the limit of the cluster', async () => {
      const store = await EtcdStore.open({ hosts: cluster?.hosts ?? [] });
      const many = Array.from({ length: 16 }, (_, index) => [`k${index}`, index] as const);
      const refusal = (message: string): unknown =>
        expect.objectContaining({ code: 'LIMIT_EXCEEDED', message: expect.stringContaining(message) });
      await expect(store.putMany(many)).rejects.toEqual(refusal('maxTransactionOperations is 128'));
      await expect(store.put('large', 'x'.repeat(20_000))).rejects.toEqual(
        refusal('maxRequestBytes is 1572864'),
      );
      expect(await store.has('k0')).toBe(false);
      await store.close();
      const told = { hosts: cluster?.hosts ?? [], maxTransactionOperations: 16, maxRequestBytes: 10_000 };
      const other = await EtcdStore.open(told);
      await expect(other.putMany(many)).rejects.toEqual(refusal('at most 15 keys'));
      await expect(other.put('large', 'x'.repeat(20_000))).rejects.toEqual(refusal('at most 10000 bytes'));
      await other.putMany(many.slice(1));
      await other.close();
    });
  },
);
