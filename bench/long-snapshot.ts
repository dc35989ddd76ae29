/**
 * Measures a snapshot that stays open while keys are written: the time per write, the memory of the old
 * versions, and how long closing the snapshot blocks the event loop. Does so for one snapshot, and for an
 * older and a younger one.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/long-snapshot.ts [keys] [writes]
 *
 * Writes go to random existing keys. The time for which a snapshot is open does not matter, only the number
 * of keys that are written meanwhile.
 */
import { MemStore, type ReadTransaction } from 'memstore-tx';
import { seededRandom } from 'memstore-tx/testing';
import { usedBytes } from './scale/heap.ts';
import { print, printStalls, StallWatch } from './scale/stall-watch.ts';

const [keys = 1_000_000, writes = 3_000_000] = process.argv.slice(2).map(Number);
const WRITES_PER_TURN = 1_000;

const store = new MemStore<Record<string, number>>({
  maxHistoryVersions: 10 * keys,
  idleTimeout: Number.POSITIVE_INFINITY,
});
for (let number = 0; number < keys; number++) await store.put(`key:${number}`, number);

const watch = new StallWatch();
const random = seededRandom(1);

async function write(count: number): Promise<number> {
  watch.start();
  const startMs = performance.now();
  for (let done = 0; done < count; done += WRITES_PER_TURN) {
    for (let number = 0; number < WRITES_PER_TURN; number++) {
      const operationStartMs = performance.now();
      await store.put(`key:${Math.floor(random() * keys)}`, number);
      watch.note(operationStartMs, performance.now());
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ((performance.now() - startMs) * 1e6) / count;
}

async function writeAndPrint(what: string): Promise<void> {
  const beforeBytes = usedBytes();
  const versionsBefore = store.stats().historyVersions;
  const ns = await write(writes);
  const report = await watch.stop();
  const versions = store.stats().historyVersions - versionsBefore;
  const bytes = versions === 0 ? 0 : (usedBytes() - beforeBytes) / versions;
  print(
    what,
    `${ns.toFixed(0)} ns per write, ${versions.toLocaleString('en')} versions of ${bytes.toFixed(0)} bytes`,
  );
  printStalls(report);
}

async function close(what: string, snapshot: ReadTransaction<Record<string, number>>): Promise<void> {
  watch.start();
  const startMs = performance.now();
  await snapshot.commit();
  const closedMs = performance.now();
  watch.note(startMs, closedMs);
  // The store drops the remaining versions in later turns of the event loop.
  while (store.stats().historyVersions > 0 && performance.now() - closedMs < 500)
    await new Promise((resolve) => setTimeout(resolve, 1));
  const left = store.stats().historyVersions;
  print(what, `${(closedMs - startMs).toFixed(1)} ms, ${left.toLocaleString('en')} versions are left`);
  printStalls(await watch.stop());
}

const readOnly = { readOnly: true };
await writeAndPrint('no snapshot open');
const alone = await store.begin(readOnly);
await writeAndPrint('one open');
const seen = await alone.get('key:1');
if (seen === undefined) throw new Error('The snapshot must see key:1, but does not.');
await close('closing it', alone);

const older = await store.begin(readOnly);
const younger = await store.begin(readOnly);
await writeAndPrint('two open, begun at the same moment');
await close('closing the younger, whose versions the older needs', younger);
await close('closing the older', older);

const before = await store.begin(readOnly);
await write(writes);
const after = await store.begin(readOnly);
await writeAndPrint('two open, writes before each');
await close('closing the older, whose versions no other snapshot needs', before);
await close('closing the younger', after);
watch.close();
await store.close();
