import { connect, MemStore, mutexLocks, rangeShards, startServer } from 'memstore-tx';
import { EtcdStore } from 'memstore-tx/etcd';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { EtcdCluster, missingEtcd } from '../../etcd/etcd-cluster.ts';
import { skipNote } from '../../skip-note.ts';
import { runRandomCalls } from './run-random-calls.ts';

const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('concurrent iterator calls have the same results as sequential calls', () => {
  it.each(seeds(300))('in memory, seed %i', async (seed) => {
    await using store = new MemStore();
    await runRandomCalls(store, seed);
  });

  it.each(seeds(50))('with other strategies, seed %i', async (seed) => {
    const strategies = { locks: mutexLocks({ stripes: 4 }), shards: rangeShards({ boundaries: ['d'] }) };
    await using store = new MemStore(strategies);
    await runRandomCalls(store, seed);
  });

  it.each(seeds(100))('over TCP, seed %i', async (seed) => {
    await using store = new MemStore();
    await using server = await startServer(store, { port: 0 });
    await using remote = await connect({ port: server.port ?? 0 });
    await runRandomCalls(remote, seed);
  });
});

describe.skipIf(missingEtcd)(`concurrent iterator calls on a cluster${skipNote(missingEtcd)}`, () => {
  let cluster: EtcdCluster | undefined;
  beforeAll(async () => {
    cluster = await EtcdCluster.start(1);
  });
  afterAll(() => cluster?.stop());

  it.each(seeds(15))('seed %i', async (seed) => {
    await using store = await EtcdStore.open({ hosts: cluster?.hosts ?? [], prefix: `random-${seed}` });
    await runRandomCalls(store, seed);
  });
});
