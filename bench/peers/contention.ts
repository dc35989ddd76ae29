/**
 * Committed transactions a second against the number of workers, on 1, 4 and 64 hot keys: throughput must not collapse
 * as contention rises. Each transaction increments one key, with a turn of the event loop between reading and writing.
 *
 *     npm run contention --prefix bench [-- chart.svg]
 */
import { writeFileSync } from 'node:fs';
import { MemStore } from 'memstore-tx';
import { seededRandom } from 'memstore-tx/testing';
import { parse, type Spec, View } from 'vega';

const WORKERS = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const HOT_KEYS = [1, 4, 64];
const TRANSACTIONS = 3_000;
const ROUNDS = 5;

type Numbers = Record<string, number>;
type Way = 'read for update' | 'read, then write';

interface Point {
  readonly workers: number;
  readonly series: string;
  readonly perSecond: number;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function run(
  workers: number,
  hotKeys: number,
  way: Way,
  seed: number,
): Promise<{ perSecond: number; deadlocks: number }> {
  const store = new MemStore<Numbers>();
  const random = seededRandom(seed);
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun++ < TRANSACTIONS) {
      const key = `k${Math.floor(random() * hotKeys)}`;
      await store.transaction(
        async (tx) => {
          const value = (await (way === 'read for update' ? tx.getForUpdate(key) : tx.get(key))) ?? 0;
          await turn();
          await tx.put(key, value + 1);
        },
        { retryTimeout: Number.POSITIVE_INFINITY, lockTimeout: Number.POSITIVE_INFINITY },
      );
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: workers }, work));
  const perSecond = (TRANSACTIONS / (performance.now() - start)) * 1_000;
  let total = 0;
  for await (const [, value] of store.entries()) total += value;
  if (total !== TRANSACTIONS) throw new Error(`${TRANSACTIONS - total} increments were lost.`);
  const { deadlocks } = store.stats();
  await store.close();
  return { perSecond, deadlocks };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const points: Point[] = [];
console.log(
  '| way | hot keys | workers | committed/s | deadlocks per commit |\n| --- | ---: | ---: | ---: | ---: |',
);
for (const way of ['read for update', 'read, then write'] as const) {
  for (const hotKeys of HOT_KEYS) {
    for (const workers of WORKERS) {
      const runs = [];
      for (let round = 0; round < ROUNDS; round++) runs.push(await run(workers, hotKeys, way, round + 1));
      const perSecond = median(runs.map((each) => each.perSecond));
      const deadlocks = median(runs.map((each) => each.deadlocks)) / TRANSACTIONS;
      points.push({ workers, series: `${hotKeys} hot, ${way}`, perSecond });
      console.log(`| ${way} | ${hotKeys} | ${workers} | ${perSecond.toFixed(0)} | ${deadlocks.toFixed(2)} |`);
    }
  }
}

const spec: Spec = {
  $schema: 'https://vega.github.io/schema/vega/v6.json',
  title: { text: 'committed transactions a second', anchor: 'start' },
  width: 460,
  height: 260,
  padding: 8,
  background: 'white',
  data: [{ name: 'points', values: points }],
  scales: [
    { name: 'x', type: 'log', base: 2, domain: [1, 256], range: 'width' },
    { name: 'y', type: 'log', domain: { data: 'points', field: 'perSecond' }, nice: true, range: 'height' },
    { name: 'color', type: 'ordinal', domain: { data: 'points', field: 'series' }, range: 'category' },
  ],
  axes: [
    { orient: 'bottom', scale: 'x', title: 'workers', values: WORKERS },
    { orient: 'left', scale: 'y', title: 'committed/s (logarithmic)', tickCount: 5, grid: true },
  ],
  legends: [{ stroke: 'color', symbolType: 'stroke' }],
  marks: [
    {
      type: 'group',
      from: { facet: { name: 'line', data: 'points', groupby: 'series' } },
      marks: [
        {
          type: 'line',
          from: { data: 'line' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'workers' },
              y: { scale: 'y', field: 'perSecond' },
              stroke: { scale: 'color', field: 'series' },
              strokeWidth: { value: 2 },
            },
          },
        },
      ],
    },
  ],
};
const [file] = process.argv.slice(2);
if (file !== undefined) writeFileSync(file, await new View(parse(spec), { renderer: 'none' }).toSVG());
