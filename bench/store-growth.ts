/**
 * Grows a whole store, one transaction per key, to more entries than one Map can hold (2^24), and prints the total
 * time, the longest single transaction with and without garbage collection, and the heap per entry.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/store-growth.ts [count]
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { MemStore } from 'memstore-tx';

const count = Number(process.argv[2] ?? 18_000_000);
// Shorter ones need not be remembered to find the longest.
const NOTED_MS = 2;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

const collections: Span[] = [];
const observer = new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    collections.push({ startMs: startTime, endMs: startTime + duration });
  }
});
observer.observe({ entryTypes: ['gc'] });

function withoutCollections({ startMs, endMs }: Span): number {
  let ms = endMs - startMs;
  for (const gc of collections) {
    ms -= Math.max(0, Math.min(gc.endMs, endMs) - Math.max(gc.startMs, startMs));
  }
  return ms;
}

globalThis.gc?.();
const heapBefore = process.memoryUsage().heapUsed;
const store = new MemStore<Record<string, number>>();
const noted: Span[] = [];
const beganMs = performance.now();
for (let index = 0; index < count; index++) {
  const startMs = performance.now();
  const tx = await store.begin();
  await tx.put(`key:${index}`, index);
  await tx.commit();
  const endMs = performance.now();
  if (endMs - startMs >= NOTED_MS) noted.push({ startMs, endMs });
  // Observers are called between turns of the event loop, of which a loop of awaits has none.
  if (index % 1_000_000 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const totalMs = performance.now() - beganMs;
await new Promise((resolve) => setTimeout(resolve, 100));
observer.disconnect();
globalThis.gc?.();
const bytes = (process.memoryUsage().heapUsed - heapBefore) / count;
const whole = Math.max(0, ...noted.map(({ startMs, endMs }) => endMs - startMs));
const ours = Math.max(0, ...noted.map(withoutCollections));
const { entries, shards } = store.stats();
console.log(`entries                          ${entries} in ${shards} shards`);
console.log(`total                            ${(totalMs / 1000).toFixed(1)} s`);
console.log(`longest transaction              ${whole.toFixed(1)} ms`);
console.log(`  garbage collection aside       ${ours.toFixed(1)} ms`);
console.log(`heap per entry, key included     ${bytes.toFixed(0)} bytes`);
