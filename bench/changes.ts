/**
 * Measures a commit of one of 10^5 keys (begin, get, put, commit) while the store has no watcher, one watcher
 * of everything, or 1,000 watchers of other keys or prefixes. Prints medians of the ratios of neighbouring
 * rounds to the store without watchers.
 *
 *     npx tsx bench/changes.ts
 */
import { MemStore } from 'memstore-tx';

const KEYS = 100_000;
const OPERATIONS = 10_000;
const ROUNDS = 41;
const WARM_UP_ROUNDS = 8;

type Store = MemStore<Record<string, number>>;

const keys = Array.from({ length: KEYS }, (_, index) => `account:${String(index).padStart(10, '0')}`);

async function filled(): Promise<Store> {
  const store = new MemStore<Record<string, number>>();
  for (const key of keys) await store.put(key, 0);
  return store;
}

/** Watches everything, and reads each batch. */
async function readAll(store: Store): Promise<void> {
  for await (const _ of store.watch());
}

interface Contender {
  readonly name: string;
  readonly prepare: (store: Store) => void | Promise<void>;
}

const CONTENDERS: readonly Contender[] = [
  { name: 'no watcher', prepare: () => {} },
  { name: 'no watcher, again', prepare: () => {} },
  {
    name: 'one watcher of everything, which reads each batch',
    prepare: (store) => void readAll(store),
  },
  {
    name: 'one watcher of everything, merging',
    prepare: async (store) => {
      const feed = store.watch({}, { mode: 'latest', maxBuffered: KEYS });
      await feed.next();
      watchers.push(feed);
    },
  },
  {
    name: '1,000 watchers of other keys',
    prepare: async (store) => {
      for (let number = 0; number < 1_000; number++) {
        const feed = store.watch(`user:${number}`);
        await feed.next();
        watchers.push(feed);
      }
    },
  },
  {
    name: '1,000 watchers of other prefixes',
    prepare: async (store) => {
      for (let number = 0; number < 1_000; number++) {
        const feed = store.watch({ prefix: `user:${number}:` });
        await feed.next();
        watchers.push(feed);
      }
    },
  },
];

/** Prevents the garbage collection of the feeds. */
const watchers: unknown[] = [];

async function round(store: Store, from: number): Promise<number> {
  const startMs = performance.now();
  for (let number = from; number < from + OPERATIONS; number++) {
    const key = keys[(number * 7_919) % KEYS] as string;
    const tx = await store.begin();
    const value = (await tx.get(key)) ?? 0;
    await tx.put(key, value + 1);
    await tx.commit();
  }
  return performance.now() - startMs;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

const stores: Store[] = [];
for (const { prepare } of CONTENDERS) {
  const store = await filled();
  await prepare(store);
  stores.push(store);
}
const ratios: number[][] = CONTENDERS.map(() => []);
const times: number[][] = CONTENDERS.map(() => []);
for (let number = 0; number < WARM_UP_ROUNDS + ROUNDS; number++) {
  const measured: number[] = [];
  const first = number % CONTENDERS.length;
  for (let index = 0; index < CONTENDERS.length; index++) {
    const contender = (first + index) % CONTENDERS.length;
    measured[contender] = await round(stores[contender] as Store, number * OPERATIONS);
  }
  if (number < WARM_UP_ROUNDS) continue;
  for (const [index, ms] of measured.entries()) {
    times[index]?.push(ms);
    ratios[index]?.push(ms / (measured[0] as number));
  }
}
for (const [index, { name }] of CONTENDERS.entries()) {
  const ns = (median(times[index] as number[]) / OPERATIONS) * 1e6;
  console.log(`${name}: ${ns.toFixed(0)} ns, ${median(ratios[index] as number[]).toFixed(2)} x`);
}
process.exit();
