/**
 * Measures store operations with each backend, one after the other. Prints the median time and the operations
 * per second. The disk and the cluster are on this machine, so use the numbers only to compare backends.
 *
 *     npx tsx bench/backends.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemStore, type Store, startServer } from 'memstore-tx';
import { openStore } from 'memstore-tx/open';
import { EtcdCluster, missingEtcd } from '../test/etcd/etcd-cluster.ts';

type AnyStore = Store<Record<string, unknown>>;

const KEYS = 1_000;
const VALUE = { name: 'Ada', balance: 100, tags: ['a', 'b'] };

const operations: Readonly<Record<string, (store: AnyStore, key: string) => Promise<unknown>>> = {
  'one-shot get': (store, key) => store.get(key),
  'one-shot put': (store, key) => store.put(key, VALUE),
  'read-modify-write': (store, key) =>
    store.transaction(async (tx) => tx.put(key, (await tx.getForUpdate(key)) ?? VALUE)),
};

async function measure(name: string, store: AnyStore, count: number): Promise<void> {
  for (const [operation, run] of Object.entries(operations)) {
    const timesMs: number[] = [];
    for (let index = 0; index < count * 1.2; index++) {
      const start = performance.now();
      await run(store, `key:${(index * 7) % KEYS}`);
      timesMs.push(performance.now() - start);
    }
    // The first sixth is the warm-up.
    const sorted = timesMs.slice(-count).sort((a, b) => a - b);
    const totalMs = sorted.reduce((sum, timeMs) => sum + timeMs, 0);
    const median = sorted[count >> 1] ?? 0;
    const perSecond = Math.round((count / totalMs) * 1_000).toLocaleString('en-US');
    console.log(`| ${name} | ${operation} | ${(median * 1_000).toFixed(1)} µs | ${perSecond} |`);
  }
  await store.close();
}

const path = mkdtempSync(join(tmpdir(), 'memstore-backends-'));
const served = new MemStore();
const server = await startServer(served, { port: 0 });
console.log('| backend | operation | median | per second |\n| --- | --- | --- | --- |');
await measure('memory', await openStore('memory:'), 100_000);
await measure('lmdb', await openStore(`lmdb:${path}`), 1_000);
await measure('served, on loopback', await openStore(`memstore://127.0.0.1:${server.port}`), 10_000);
await server.close();
await served.close();
rmSync(path, { recursive: true });
if (missingEtcd === undefined) {
  const cluster = await EtcdCluster.start(3);
  await measure('etcd, three nodes', await openStore(`etcd://${cluster.hosts.join(',')}/backends`), 500);
  await cluster.stop();
} else console.log(missingEtcd);
