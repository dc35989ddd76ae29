// How a table grows: node --expose-gc --max-old-space-size=12000 --import tsx bench/growth.ts [count]
import { PerformanceObserver } from 'node:perf_hooks';
import { systemClock } from '../src/clock.ts';
import { hashShards } from '../src/shards/hash-shards/hash-shards.ts';
import type { ShardTable } from '../src/shards/shard-strategy.ts';

const KEYS_COMPARED = 1_000_000;
/** Shorter calls are not looked at again, so that a run does not keep a note of every one of them. */
const NOTED_MS = 0.5;
const RUNS = 5;

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

/** Without the garbage collections in it. */
function ownMs(span: Span): number {
  let sum = span.endMs - span.startMs;
  for (const { startMs, endMs } of collections) {
    sum -= Math.max(0, Math.min(endMs, span.endMs) - Math.max(startMs, span.startMs));
  }
  return sum;
}

// The observer hears of collections only when the event loop turns.
const observed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

/** The longest of the spans, with the garbage collections in them and without. */
async function longest(spans: readonly Span[]): Promise<string> {
  await observed();
  let all = 0;
  let own = 0;
  for (const span of spans) {
    all = Math.max(all, span.endMs - span.startMs);
    own = Math.max(own, ownMs(span));
  }
  return `${own.toFixed(1)} ms (${all.toFixed(1)} ms with garbage collection)`;
}

const keyOf = (number: number): string => `user:${number}`;

/** Measures the slices of long work, each from one turn of the event loop to the next. */
class Slices {
  readonly spans: Span[] = [];
  longestCpuMs = 0;
  #startMs = 0;
  #startCpu = process.cpuUsage();

  start(): void {
    this.#startMs = performance.now();
    this.#startCpu = process.cpuUsage();
  }

  end(): void {
    this.spans.push({ startMs: this.#startMs, endMs: performance.now() });
    // The processor time is free of what other processes took, but holds that of the collector's threads.
    const { user, system } = process.cpuUsage(this.#startCpu);
    this.longestCpuMs = Math.max(this.longestCpuMs, (user + system) / 1000);
  }
}

function newTable(slices: Slices = new Slices()): ShardTable {
  return hashShards().create({
    monotonicMs: systemClock.monotonicMs,
    async yieldTurn() {
      slices.end();
      await systemClock.yieldTurn();
      slices.start();
    },
  });
}

interface NotedSet {
  number: number;
  span: Span;
}

function grow(entries: { set(key: string, value: unknown): unknown }, count: number): NotedSet[] {
  const noted: NotedSet[] = [];
  for (let number = 0; number < count; number++) {
    const key = keyOf(number);
    const startMs = performance.now();
    entries.set(key, number);
    const endMs = performance.now();
    if (endMs - startMs > NOTED_MS) noted.push({ number, span: { startMs, endMs } });
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

  const slices = new Slices();
  const table = bytesPerEntry(() => {
    const grown = newTable(slices);
    grow(grown, KEYS_COMPARED);
    return grown;
  });
  const ratio = (bytes: number): string =>
    `${bytes.toFixed(1)} bytes per entry, ${(bytes / map.bytes).toFixed(2)} x Map`;
  print('hash shards', ratio(table.bytes));

  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const startMs = performance.now();
  slices.start();
  await table.made.ordered();
  slices.end();
  const totalMs = performance.now() - startMs;
  collectGarbage();
  const { spans, longestCpuMs } = slices;
  const indexBytes = (process.memoryUsage().heapUsed - before) / KEYS_COMPARED;
  print('  with the ordered index', ratio(table.bytes + indexBytes));
  print('first ordered() of them', `${totalMs.toFixed(0)} ms in ${spans.length} slices`);
  print('  longest slice', `${await longest(spans)}, ${longestCpuMs.toFixed(1)} ms of processor time`);
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
  print('  longest set', await longest(noted.map(({ span }) => span)));
}

/**
 * A table grows by the same steps each time, while other processes interrupt it now here, now there. So the
 * least time of a step in several runs is the table's own.
 */
async function measureSteps(count: number): Promise<void> {
  let least = new Map<number, number>();
  for (let run = 0; run < RUNS; run++) {
    collections.length = 0;
    const noted = grow(newTable(), count);
    await observed();
    const notedAgain = noted.filter(({ number }) => run === 0 || least.has(number));
    least = new Map(
      notedAgain.map(({ number, span }) => [number, Math.min(least.get(number) ?? Infinity, ownMs(span))]),
    );
  }
  const [number, ms] = [...least].reduce((most, step) => (step[1] > most[1] ? step : most), [0, 0]);
  print(
    `longest set up to ${count.toLocaleString('en')}`,
    `${ms.toFixed(1)} ms, the ${number + 1}th (least of ${RUNS} runs)`,
  );
}

await compareMemory();
await measureSteps(KEYS_COMPARED);
await measureGrowth(Number(process.argv[2] ?? 2_000_000));
observer.disconnect();
