/** A worker thread that opens the journal in `path`, writes `count` entries, and waits to be terminated. */
import { parentPort, workerData } from 'node:worker_threads';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';

const { path, count } = workerData as { path: string; count: number };
const store = new MemStore({ journal: lmdbJournal({ path }) });
try {
  for (let n = 0; n < count; n++) {
    await store.put(`key:${n}`, 'x'.repeat(n % 5_000));
    parentPort?.postMessage(n);
  }
} catch (error) {
  parentPort?.postMessage((error as { code?: string }).code);
}
// The listener keeps the thread alive with the store open, until it is terminated.
parentPort?.on('message', () => {});
