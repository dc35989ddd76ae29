// How a table grows: node --expose-gc --max-old-space-size=12000 --import tsx bench/growth.ts [count]
import { PerformanceObserver } from 'node:perf_hooks';
import { systemClock } from '../src/clock.ts';
import { hashShards } from '../src/shards/hash-shards/hash-shards.ts';
import type { ShardTable } from '../src/shards/shard-strategy.ts';

const KEYS_COMPARED = 1_000_000;
/** Shorter calls are not looked at again, so that a run does not keep a note of every one of them. */
const NOTED_MS = 0.5;

interface Span {
  startMs: number;
  endMs: number;
}

const collections: Span[] = [];
const observer = new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    collections.push({ startMs: startTime, endMs: startTime + duration });
  }
});
observer.observe({ entryTypes: ['gc'] });

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  for (let round = 0; round < 3; round++) globalThis.gc();
}

function collectedMs(span: Span): number {
  let sum = 0;
  for (const { startMs, endMs } of collections) {
    sum += Math.max(0, Math.min(endMs, span.endMs) - Math.max(startMs, span.startMs));
  }
  return sum;
}

/** The longest of the spans, with the garbage collections in them and without. */
async function longest(spans: readonly Span[]): Promise<string> {
  // The observer hears of collections only when the event loop turns.
  await new Promise((resolve) => setTimeout(resolve, 100));
  let all = 0;
  let own = 0;
  for (const span of spans) {
    const ms = span.endMs - span.startMs;
    all = Math.max(all, ms);
    own = Math.max(own, ms - collectedMs(span));
  }
  return `${own.toFixed(1)} ms (${all.toFixed(1)} ms with garbage collection)`;
}

const keyOf = (number: number): string => `user:${number}`;

function newTable(yields: Span[] = []): ShardTable {
  return hashShards().create({
    monotonicMs: systemClock.monotonicMs,
    async yieldTurn() {
      const startMs = performance.now();
      await systemClock.yieldTurn();
      yields.push({ startMs, endMs: performance.now() });
    },
  });
}

function grow(entries: { set(key: string, value: unknown): unknown }, count: number): Span[] {
  const noted: Span[] = [];
  for (let number = 0; number < count; number++) {
    const key = keyOf(number);
    const startMs = performance.now();
    entries.set(key, number);
    const endMs = performance.now();
    if (endMs - startMs > NOTED_MS) noted.push({ startMs, endMs });
  }
  return noted;
}

function bytesPerEntry<T>(make: () => T): { bytes: number; made: T } {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const made = make();
  collectGarbage();
  return { bytes: (process.memoryUsage().heapUsed - before) / KEYS_COMPARED, made };
}

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(44)}${figure}`);
}

async function compareMemory(): Promise<void> {
  const map = bytesPerEntry(() => {
    const entries = new Map<string, unknown>();
    grow(entries, KEYS_COMPARED);
    return entries;
  });
  print(`Map of ${KEYS_COMPARED.toLocaleString('en')}`, `${map.bytes.toFixed(1)} bytes per entry`);
  map.made.clear();

  const yields: Span[] = [];
  const table = bytesPerEntry(() => {
    const grown = newTable(yields);
    grow(grown, KEYS_COMPARED);
    return grown;
  });
  const ratio = (bytes: number): string =>
    `${bytes.toFixed(1)} bytes per entry, ${(bytes / map.bytes).toFixed(2)} x Map`;
  print('hash shards', ratio(table.bytes));

  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const startMs = performance.now();
  await table.made.ordered();
  const endMs = performance.now();
  collectGarbage();
  print(
    '  with the ordered index',
    ratio(table.bytes + (process.memoryUsage().heapUsed - before) / KEYS_COMPARED),
  );
  print(
    'first ordered() of them, total',
    `${(endMs - startMs).toFixed(0)} ms in ${yields.length + 1} slices`,
  );
  const starts = [startMs, ...yields.map((span) => span.endMs)];
  const ends = [...yields.map((span) => span.startMs), endMs];
  print(
    '  longest slice',
    await longest(starts.map((at, slice) => ({ startMs: at, endMs: ends[slice] as number }))),
  );
}

async function measureGrowth(count: number): Promise<void> {
  collectGarbage();
  collections.length = 0;
  const table = newTable();
  const startMs = performance.now();
  const noted = grow(table, count);
  const totalMs = performance.now() - startMs;
  if (table.size !== count) throw new Error(`the table has ${table.size} entries`);
  print(
    `growing to ${count.toLocaleString('en')}`,
    `${(totalMs / 1000).toFixed(1)} s, ${table.shardCount} shards`,
  );
  print('  longest set', await longest(noted));
}

await compareMemory();
await measureGrowth(Number(process.argv[2] ?? 2_000_000));
observer.disconnect();
