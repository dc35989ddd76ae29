/**
 * Measures transactions on a real cluster of three nodes on this machine: transactions per second and time
 * per transaction, for several numbers of clients. Each client has its own store.
 *
 *     npx tsx bench/etcd.ts
 */
import { EtcdStore } from 'memstore-tx/etcd';
import { EtcdCluster } from '../test/etcd/etcd-cluster.ts';

const CLIENTS = [1, 4, 16, 64];
const TRANSACTIONS = 400;

type Work = (store: EtcdStore, client: number, count: number) => Promise<void>;

async function increment(store: EtcdStore, key: string, forUpdate: boolean): Promise<void> {
  await store.transaction(async (tx) => {
    const value = (forUpdate ? await tx.getForUpdate(key) : await tx.get(key)) as number | undefined;
    await tx.put(key, (value ?? 0) + 1);
  });
}

const workloads: Readonly<Record<string, Work>> = {
  'one-shot get': async (store, client) => void (await store.get(`k${client}`)),
  'one-shot put': (store, client, count) => store.put(`k${client}`, count),
  'read and write its own key': (store, client) => increment(store, `k${client}`, false),
  'increment one hot key, optimistic': (store) => increment(store, 'hot', false),
  'increment one hot key, read for update': (store) => increment(store, 'hot', true),
};

const cluster = await EtcdCluster.start(3);
for (const [name, work] of Object.entries(workloads)) {
  for (const clients of CLIENTS) {
    const stores = await Promise.all(
      Array.from({ length: clients }, () => EtcdStore.open({ hosts: cluster.hosts, prefix: name })),
    );
    const timesMs: number[] = [];
    const run = async (store: EtcdStore, client: number): Promise<void> => {
      for (let count = 0; count < Math.ceil(TRANSACTIONS / clients); count++) {
        const start = performance.now();
        await work(store, client, count);
        timesMs.push(performance.now() - start);
      }
    };
    // The first transaction of a client opens its session, so it is not measured.
    await Promise.all(stores.map((store, client) => work(store, client, 0)));
    const start = performance.now();
    await Promise.all(stores.map(run));
    const perSecond = (timesMs.length / (performance.now() - start)) * 1_000;
    timesMs.sort((a, b) => a - b);
    const at = (share: number): string => (timesMs[Math.floor(timesMs.length * share)] ?? 0).toFixed(1);
    console.log(
      `${name.padEnd(40)} ${String(clients).padStart(3)} clients ${perSecond.toFixed(0).padStart(6)}/s   p50 ${at(0.5)} ms   p99 ${at(0.99)} ms`,
    );
    await Promise.all(stores.map((store) => store.close()));
  }
}
await cluster.stop();
