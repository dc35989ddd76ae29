/**
 * Measures a table whose size stays constant while its keys change: each step deletes a random key and puts a
 * new one. Time per step and memory must not grow with the number of steps.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/churn.ts \
 *       [store|scanned|Map] [live keys] [steps]
 *
 * `scanned` builds the ordered index of keys before it starts. `Map` is for comparison.
 */
import { MemStore } from 'memstore-tx';
import { seededRandom } from 'memstore-tx/testing';
import { usedBytes } from './scale/heap.ts';
import { print, printStalls, StallWatch } from './scale/stall-watch.ts';

const PARTS = 5;
const STEPS_PER_TURN = 500;

interface Entries {
  put(key: string, value: number): Promise<void>;
  del(key: string): Promise<boolean>;
}

const map = new Map<string, number>();
const store = new MemStore<Record<string, number>>();
const awaitedMap: Entries = {
  async put(key, value) {
    map.set(key, value);
  },
  del: async (key) => map.delete(key),
};

const [kind = 'store'] = process.argv.slice(2);
const [live = 1_000_000, steps = 2_500_000] = process.argv.slice(3).map(Number);
const entries: Entries = kind === 'Map' ? awaitedMap : store;
const keyOf = (number: number): string => `key:${number}`;

const beforeBytes = usedBytes();
const alive = new Uint32Array(live);
for (let number = 0; number < live; number++) {
  alive[number] = number;
  await entries.put(keyOf(number), number);
}
if (kind === 'scanned') await store.entries({ limit: 1 }).next();
const bytesPerEntry = (): string =>
  `${((usedBytes() - beforeBytes - alive.byteLength) / live).toFixed(1)} bytes per entry`;
print(`${kind} with ${live.toLocaleString('en')} live`, bytesPerEntry());

const watch = new StallWatch();
const random = seededRandom(1);
let next = live;
for (let part = 1; part <= PARTS; part++) {
  watch.start();
  let spentMs = 0;
  for (let done = 0; done < steps / PARTS; done += STEPS_PER_TURN) {
    const turnStartMs = performance.now();
    for (let step = 0; step < STEPS_PER_TURN; step++) {
      const victim = Math.floor(random() * live);
      const startMs = performance.now();
      const wasThere = await entries.del(keyOf(alive[victim] ?? -1));
      const deletedMs = performance.now();
      watch.note(startMs, deletedMs);
      if (!wasThere) throw new Error(`The key ${alive[victim]} must exist, but the store does not have it.`);
      await entries.put(keyOf(next), next);
      watch.note(deletedMs, performance.now());
      alive[victim] = next++;
    }
    spentMs += performance.now() - turnStartMs;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const report = await watch.stop();
  const gone = ((part * steps) / PARTS).toLocaleString('en');
  const nsPerStep = (spentMs * 1e6) / (steps / PARTS);
  print(`after ${gone} replaced keys`, `${nsPerStep.toFixed(0)} ns per step, ${bytesPerEntry()}`);
  printStalls(report);
}
if (kind !== 'Map' && store.stats().entries !== live)
  throw new Error(`The store must have ${live} entries, but some are missing.`);
watch.close();
