/**
 * Grows a table beyond the maximum size of one Map (2^24 entries), in operations of 1,000 keys. Prints the
 * longest operation for all sizes and for each range of sizes. Also prints the delay of the event loop, and
 * the heap per entry at the end.
 *
 *     node --expose-gc --max-old-space-size=12000 --no-incremental-marking --import tsx bench/growth.ts \
 *       [--output chart.json] [table|store|ttl|lru|locks|Map] [count] [keys per operation]
 *
 * `table` sets the keys in a shard table. `store` commits one transaction per operation. `ttl` does the same
 * with entries that expire after a year, `lru` with a cache. `locks` leaves the transactions open. `Map` is
 * for comparison.
 *
 * An operation has many keys, because growth that is cheap for each key can still add up to a long stall.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lru, MemStore, type MemStoreOptions } from 'memstore-tx';
import { systemClock } from '../src/contract/clock.ts';
import { hashShards } from '../src/shards/hash-shards/hash-shards.ts';
import type { Chart } from './scale/chart.ts';
import { usedBytes } from './scale/heap.ts';
import { print, printStalls, type StallReport, StallWatch } from './scale/stall-watch.ts';

const KEYS_PER_TURN = 8_000;
/** The number of rows in the printed table. */
const RANGES = 20;
const YEAR_MS = 365 * 86_400_000;

/** A table or store that grows. */
interface Grown {
  /** Adds the keys in one operation. Their values are consecutive numbers from `first` on. */
  add(keys: readonly string[], first: number): Promise<void> | void;
  readonly size: number;
  readonly shards: number;
}

function grownMap(): Grown {
  const map = new Map<string, number>();
  return growing(map, { size: () => map.size, shards: () => 1 });
}

function grownTable(): Grown {
  const table = hashShards().create(systemClock);
  return growing(table, { size: () => table.size, shards: () => table.shardCount });
}

function growing(
  entries: { set(key: string, value: number): unknown },
  about: { size(): number; shards(): number },
): Grown {
  return {
    add(keys, first) {
      for (const [index, key] of keys.entries()) entries.set(key, first + index);
    },
    get size() {
      return about.size();
    },
    get shards() {
      return about.shards();
    },
  };
}

type Store = MemStore<Record<string, number>>;

function grownStore(store: Store, sizeOf: () => number, options?: { readonly ttl: number }): Grown {
  return {
    async add(keys, first) {
      const tx = await store.begin();
      for (const [index, key] of keys.entries()) await tx.put(key, first + index, options);
      await tx.commit();
    },
    get size() {
      return sizeOf();
    },
    get shards() {
      return store.stats().shards;
    },
  };
}

function grownEntries(options: MemStoreOptions = {}): Grown {
  const store: Store = new MemStore(options);
  return grownStore(store, () => store.stats().entries);
}

function grownExpiring(): Grown {
  const store: Store = new MemStore();
  return grownStore(store, () => store.stats().expiringEntries, { ttl: YEAR_MS });
}

function grownLocks(): Grown {
  const store: Store = new MemStore({ idleTimeout: Number.POSITIVE_INFINITY });
  return {
    async add(keys, first) {
      const tx = await store.begin();
      for (const [index, key] of keys.entries()) await tx.put(key, first + index);
    },
    get size() {
      return store.locks().held.length;
    },
    get shards() {
      return store.stats().shards;
    },
  };
}

const kinds: Readonly<Record<string, () => Grown>> = {
  table: grownTable,
  store: () => grownEntries(),
  ttl: grownExpiring,
  lru: () => grownEntries({ cache: lru({ max: count }) }),
  locks: grownLocks,
  Map: grownMap,
};

const { values: options, positionals } = parseArgs({
  options: { output: { type: 'string' } },
  allowPositionals: true,
});
const [kind = 'table', askedCount = '2000000', askedKeys = '1000'] = positionals;
const count = Number(askedCount);
const keysPerOperation = Number(askedKeys);
const make = kinds[kind];
if (make === undefined || !Number.isSafeInteger(count) || !Number.isSafeInteger(keysPerOperation))
  throw new Error(`Usage: growth.ts [${Object.keys(kinds).join('|')}] [count] [keys per operation]`);

function printRanges({ noted }: StallReport): void {
  console.log('| up to keys | longest own time, ms | with pauses, ms | operations above 25 ms own time |');
  console.log('| ---: | ---: | ---: | ---: |');
  for (let range = 1; range <= RANGES; range++) {
    const inRange = noted.filter(({ number }) => rangeOf(number) === range);
    const ownMs = inRange.reduce((longest, part) => Math.max(longest, part.ownMs), 0);
    const wallMs = inRange.reduce((longest, part) => Math.max(longest, part.wallMs), 0);
    const above = inRange.filter((part) => part.ownMs > 25).length;
    const keys = ((count * range) / RANGES).toLocaleString('en');
    console.log(`| ${keys} | ${ownMs.toFixed(1)} | ${wallMs.toFixed(1)} | ${above} |`);
  }
}

/** Returns the number of the size range, from 1, that this operation belongs to. */
function rangeOf(number: number): number {
  return Math.floor((number * keysPerOperation * RANGES) / count) + 1;
}

function chartOf({ noted }: StallReport): Chart {
  const longest = new Map<number, number>();
  for (const { number, ownMs } of noted)
    longest.set(rangeOf(number), Math.max(ownMs, longest.get(rangeOf(number)) ?? 0));
  return {
    title: `longest of all operations of ${keysPerOperation.toLocaleString('en')} keys`,
    x: 'keys (logarithmic)',
    y: 'own time, ms (logarithmic)',
    points: [...longest].map(([range, y]) => ({ x: (count * range) / RANGES, y, series: kind })),
  };
}

const watch = new StallWatch();
const before = usedBytes();
const grown = make();
watch.start();
const startMs = performance.now();
for (let first = 0; first < count; first += keysPerOperation) {
  const length = Math.min(keysPerOperation, count - first);
  const keys = Array.from({ length }, (_, index) => `key:${first + index}`);
  const operationStartMs = performance.now();
  await grown.add(keys, first);
  watch.note(operationStartMs, performance.now());
  if (first % KEYS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
}
const seconds = (performance.now() - startMs) / 1_000;
const report = await watch.stop();
const bytes = (usedBytes() - before) / count;
if (grown.size !== count) throw new Error(`There must be ${count} entries, but there are ${grown.size}.`);
print(`${kind} of ${count.toLocaleString('en')}`, `${seconds.toFixed(1)} s, ${grown.shards} shards`);
printStalls(report);
printRanges(report);
print('  heap per entry, with its key', `${bytes.toFixed(1)} bytes`);
if (process.env['WORST'] !== undefined) console.table(report.noted.slice(0, 5));
if (options.output !== undefined) writeFileSync(options.output, JSON.stringify(chartOf(report)));
watch.close();
