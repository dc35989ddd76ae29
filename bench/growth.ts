/**
 * Grows a table to more entries than one Map can hold (2^24): the longest single operation, how late the event loop
 * was, and the heap per entry at the end.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/growth.ts [table|store|batches|ttl|Map] [count]
 *
 * `table` sets the keys in a shard table, `store` commits a transaction per key, `batches` one per 100 keys, `ttl`
 * puts entries that expire some day, and `Map` is what they are compared with.
 */
import { MemStore } from 'memstore-tx';
import { systemClock } from '../src/clock.ts';
import { hashShards } from '../src/shards/hash-shards/hash-shards.ts';
import { usedBytes } from './scale/heap.ts';
import { print, printStalls, StallWatch } from './scale/stall-watch.ts';

const KEYS_PER_BATCH = 100;
const KEYS_PER_TURN = 1_000;

/** Something that grows. */
interface Grown {
  /** Adds these keys in as many operations as it takes, each noted. */
  add(keys: readonly string[], first: number): Promise<void> | void;
  readonly size: number;
  readonly shards: number;
}

function grownMap(watch: StallWatch): Grown {
  const map = new Map<string, number>();
  return growing(watch, map, { size: () => map.size, shards: () => 1 });
}

function grownTable(watch: StallWatch): Grown {
  const table = hashShards().create(systemClock);
  return growing(watch, table, { size: () => table.size, shards: () => table.shardCount });
}

function growing(
  watch: StallWatch,
  entries: { set(key: string, value: number): unknown },
  about: { size(): number; shards(): number },
): Grown {
  return {
    add(keys, first) {
      for (const [index, key] of keys.entries()) {
        const startMs = performance.now();
        entries.set(key, first + index);
        watch.note(startMs, performance.now());
      }
    },
    get size() {
      return about.size();
    },
    get shards() {
      return about.shards();
    },
  };
}

function grownStore(watch: StallWatch, keysPerTransaction: number): Grown {
  const store = new MemStore<Record<string, number>>();
  return {
    async add(keys, first) {
      for (let start = 0; start < keys.length; start += keysPerTransaction) {
        const end = Math.min(start + keysPerTransaction, keys.length);
        const startMs = performance.now();
        const tx = await store.begin();
        for (let index = start; index < end; index++) await tx.put(keys[index] ?? '', first + index);
        await tx.commit();
        watch.note(startMs, performance.now());
      }
    },
    get size() {
      return store.stats().entries;
    },
    get shards() {
      return store.stats().shards;
    },
  };
}

function grownExpiring(watch: StallWatch): Grown {
  const store = new MemStore<Record<string, number>>();
  return {
    async add(keys, first) {
      for (const [index, key] of keys.entries()) {
        const startMs = performance.now();
        await store.put(key, first + index, { ttl: 1e9 });
        watch.note(startMs, performance.now());
      }
    },
    get size() {
      return store.stats().expiringEntries;
    },
    get shards() {
      return store.stats().shards;
    },
  };
}

const kinds: Readonly<Record<string, (watch: StallWatch) => Grown>> = {
  table: grownTable,
  store: (watch) => grownStore(watch, 1),
  batches: (watch) => grownStore(watch, KEYS_PER_BATCH),
  ttl: grownExpiring,
  Map: grownMap,
};

const [kind = 'table', asked = '2000000'] = process.argv.slice(2);
const count = Number(asked);
const make = kinds[kind];
if (make === undefined || !Number.isSafeInteger(count))
  throw new Error(`growth.ts [${Object.keys(kinds).join('|')}] [count]`);

const watch = new StallWatch();
const before = usedBytes();
const grown = make(watch);
watch.start();
const startMs = performance.now();
for (let first = 0; first < count; first += KEYS_PER_TURN) {
  const length = Math.min(KEYS_PER_TURN, count - first);
  const keys = Array.from({ length }, (_, index) => `key:${first + index}`);
  await grown.add(keys, first);
  await new Promise((resolve) => setImmediate(resolve));
}
const seconds = (performance.now() - startMs) / 1_000;
const report = await watch.stop();
const bytes = (usedBytes() - before) / count;
if (grown.size !== count) throw new Error(`${grown.size} entries are there`);
print(`${kind} of ${count.toLocaleString('en')}`, `${seconds.toFixed(1)} s, ${grown.shards} shards`);
printStalls(report);
if (process.env['WORST'] !== undefined) console.table(report.worst);
print('  heap per entry, key included', `${bytes.toFixed(1)} bytes`);
watch.close();
