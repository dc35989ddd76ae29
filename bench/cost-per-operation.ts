/**
 * Measures the time per operation with a growing number of keys. Compares it with the same awaits on a bare
 * Map of the same size, which can have at most 2^24 entries. Keys are random, rounds alternate, and medians
 * are printed.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/cost-per-operation.ts \
 *       [--output chart.json] [sizes…]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MemStore } from 'memstore-tx';
import { seededRandom } from 'memstore-tx/testing';
import type { Chart } from './scale/chart.ts';
import { collectGarbage } from './scale/heap.ts';
import { median } from './scale/quantile.ts';

const MAP_LIMIT = 2 ** 24;
const OPERATIONS = 20_000;
const ROUNDS = 21;
const WARM_UP_ROUNDS = 6;
const WORKLOADS = ['get', 'put', 'transaction'] as const;

type Workload = (typeof WORKLOADS)[number];
type Values = Record<string, number>;

interface Point {
  readonly size: number;
  readonly workload: Workload;
  readonly storeNs: number;
  /** The time of the same awaits on a bare Map, or undefined if a Map cannot have that many entries. */
  readonly mapNs: number | undefined;
  /** The median over all rounds of store time divided by Map time. */
  readonly ratio: number | undefined;
}

interface Contender {
  get(key: string): Promise<unknown>;
  put(key: string, value: number): Promise<void>;
  /** Runs begin, get, put and commit. */
  transaction(key: string): Promise<void>;
}

const { values: options, positionals } = parseArgs({
  options: { output: { type: 'string' } },
  allowPositionals: true,
});
const sizes = (positionals.length > 0 ? positionals : ['1e3', '1e4', '1e5', '1e6', '1e7', '2e7']).map(Number);

// All keys have the same length. Each call creates a new string without a cached hash, like keys that a
// program receives.
const keyOf = (number: number): string => `key:${String(number).padStart(8, '0')}`;

async function filledStore(size: number): Promise<Contender> {
  const store = new MemStore<Values>();
  for (let number = 0; number < size; number++) await store.put(keyOf(number), number);
  return {
    get: (key) => store.get(key),
    put: (key, value) => store.put(key, value),
    async transaction(key) {
      const tx = await store.begin();
      const value = (await tx.get(key)) ?? 0;
      await tx.put(key, value + 1);
      await tx.commit();
    },
  };
}

function filledMap(size: number): Contender {
  const map = new Map<string, number>();
  for (let number = 0; number < size; number++) map.set(keyOf(number), number);
  const nothing = async (): Promise<void> => {};
  const get = async (key: string): Promise<number | undefined> => map.get(key);
  const put = async (key: string, value: number): Promise<void> => {
    map.set(key, value);
  };
  return {
    get,
    put,
    async transaction(key) {
      await nothing();
      const value = (await get(key)) ?? 0;
      await put(key, value + 1);
      await nothing();
    },
  };
}

async function run(contender: Contender, workload: Workload, keys: readonly string[]): Promise<number> {
  const start = performance.now();
  if (workload === 'get') for (const key of keys) await contender.get(key);
  else if (workload === 'put') for (const key of keys) await contender.put(key, 1);
  else for (const key of keys) await contender.transaction(key);
  return ((performance.now() - start) * 1e6) / keys.length;
}

async function measure(size: number): Promise<Point[]> {
  const store = await filledStore(size);
  const map = size > MAP_LIMIT ? undefined : filledMap(size);
  const points: Point[] = [];
  // Collect the garbage of the filling now, not during a measurement.
  collectGarbage();
  for (const workload of WORKLOADS) {
    const storeNs: number[] = [];
    const mapNs: number[] = [];
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
      const random = seededRandom(round);
      const keysOfRound = (): string[] =>
        Array.from({ length: OPERATIONS }, () => keyOf(Math.floor(random() * size)));
      const ofMap = map === undefined ? Number.NaN : await run(map, workload, keysOfRound());
      const ofStore = await run(store, workload, keysOfRound());
      if (round < WARM_UP_ROUNDS) continue;
      storeNs.push(ofStore);
      mapNs.push(ofMap);
    }
    points.push({
      size,
      workload,
      storeNs: median(storeNs),
      mapNs: map === undefined ? undefined : median(mapNs),
      ratio: map === undefined ? undefined : median(storeNs.map((ns, round) => ns / (mapNs[round] ?? 0))),
    });
  }
  return points;
}

const points: Point[] = [];
console.log('| operation | keys | MemStore, ns | Map, ns | ratio | grown by, MemStore | Map |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const size of sizes) {
  for (const point of await measure(size)) {
    points.push(point);
    const { workload, storeNs, mapNs, ratio } = point;
    const first = points.find((other) => other.workload === workload);
    const grownStore = storeNs / (first?.storeNs ?? Number.NaN);
    const grownMap = mapNs === undefined ? undefined : mapNs / (first?.mapNs ?? Number.NaN);
    const figure = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '–';
    console.log(
      `| ${workload} | ${size.toLocaleString('en')} | ${figure(storeNs, 0)} | ${figure(mapNs, 0)} | ${figure(ratio, 2)} | ${figure(grownStore, 2)} × | ${figure(grownMap, 2)} × |`,
    );
  }
}
if (options.output !== undefined) {
  const chart: Chart = {
    title: 'cost of an operation',
    x: 'keys (logarithmic)',
    y: 'ns (logarithmic)',
    points: points.flatMap(({ size, workload, storeNs, mapNs }) => [
      { x: size, y: storeNs, series: `${workload}, MemStore` },
      ...(mapNs === undefined ? [] : [{ x: size, y: mapNs, series: `${workload}, Map` }]),
    ]),
  };
  writeFileSync(options.output, JSON.stringify(chart));
}
