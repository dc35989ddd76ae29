/**
 * The first ordered scan of a store builds an index of its keys. Measures the total time, and the longest
 * time for which it blocks the event loop.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/first-scan.ts [keys]
 */
import { MemStore } from 'memstore-tx';
import { systemClock } from '../src/contract/clock.ts';
import { usedBytes } from './scale/heap.ts';
import { print, printStalls, StallWatch } from './scale/stall-watch.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const watch = new StallWatch();
let sliceStartMs = 0;
let slices = 0;
const endSlice = (): void => {
  slices++;
  watch.note(sliceStartMs, performance.now());
};
const store = new MemStore<Record<string, number>>({
  clock: {
    ...systemClock,
    async yieldTurn() {
      endSlice();
      await systemClock.yieldTurn();
      sliceStartMs = performance.now();
    },
  },
});
const beforeBytes = usedBytes();
// Put the keys in a scattered order, so that the index does not receive them sorted.
for (let number = 0; number < count; number++) await store.put(`key:${(number * 7_919) % count}`, number);
const filledBytes = usedBytes();
watch.start();
sliceStartMs = performance.now();
const startMs = sliceStartMs;
for await (const [key] of store.entries({ limit: 1 })) if (!key.startsWith('key:')) throw new Error(key);
endSlice();
const totalMs = performance.now() - startMs;
const report = await watch.stop();
const scannedBytes = usedBytes();
print(`first scan of ${count.toLocaleString('en')}`, `${totalMs.toFixed(0)} ms in ${slices} slices`);
printStalls(report);
if (process.env['WORST'] !== undefined) console.table(report.noted.slice(0, 5));
print('  heap per entry, with its key', `${((filledBytes - beforeBytes) / count).toFixed(1)} bytes`);
print('  … plus its index entry', `${((scannedBytes - filledBytes) / count).toFixed(1)} bytes`);
watch.close();
