/**
 * Measures contention with a growing number of workers: commits per second, time per transaction with its
 * retries, how evenly the waits are spread, and retries per commit. Each transaction waits one turn of the
 * event loop between its read and its write.
 *
 *     npx tsx bench/contention.ts [--output chart.json]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MemStore, type Transaction } from 'memstore-tx';
import { seededRandom } from 'memstore-tx/testing';
import type { Chart } from './scale/chart.ts';
import { median, quantile } from './scale/quantile.ts';

const WORKERS = [1, 4, 16, 64, 256];
const HOT_KEYS = [1, 4, 64];
const TRANSACTIONS = 5_000;
const ROUNDS = 5;
const WARM_UP_ROUNDS = 1;

type Tx = Transaction<Record<string, number>>;

/** The work of one transaction on the given keys. */
type Way = (tx: Tx, keys: readonly string[]) => Promise<void>;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ways: Readonly<Record<string, { readonly keys: number; readonly work: Way }>> = {
  'read for update': {
    keys: 1,
    async work(tx, [key = '']) {
      const value = (await tx.getForUpdate(key)) ?? 0;
      await turn();
      await tx.put(key, value + 1);
    },
  },
  'read, then write': {
    keys: 1,
    async work(tx, [key = '']) {
      const value = (await tx.get(key)) ?? 0;
      await turn();
      await tx.put(key, value + 1);
    },
  },
  // Two transactions may lock the keys in opposite order, so they deadlock although all of them read for
  // update.
  'two keys in any order': {
    keys: 2,
    async work(tx, [one = '', other = '']) {
      const first = (await tx.getForUpdate(one)) ?? 0;
      await turn();
      const second = (await tx.getForUpdate(other)) ?? 0;
      await tx.put(one, first + 1);
      await tx.put(other, second);
    },
  },
};

interface Run {
  readonly perSecond: number;
  readonly retries: number;
  /** The time of each transaction, in milliseconds. */
  readonly latencies: readonly number[];
}

async function run(workers: number, hotKeys: number, way: string, seed: number): Promise<Run> {
  const { keys, work } = ways[way] ?? { keys: 0, work: async () => {} };
  const store = new MemStore<Record<string, number>>();
  const random = seededRandom(seed);
  const latencies: number[] = [];
  let begun = 0;
  let attempts = 0;
  const worker = async (): Promise<void> => {
    while (begun++ < TRANSACTIONS) {
      const first = Math.floor(random() * hotKeys);
      const second = (first + 1 + Math.floor(random() * (hotKeys - 1))) % hotKeys;
      const chosen = [`k${first}`, `k${second}`].slice(0, keys);
      const startMs = performance.now();
      await store.transaction(
        (tx) => {
          attempts++;
          return work(tx, chosen);
        },
        { retryTimeout: Number.POSITIVE_INFINITY, lockTimeout: Number.POSITIVE_INFINITY },
      );
      latencies.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: workers }, worker));
  const perSecond = (TRANSACTIONS / (performance.now() - startMs)) * 1_000;
  let total = 0;
  for await (const [, value] of store.entries()) total += value;
  if (total !== TRANSACTIONS) throw new Error(`${TRANSACTIONS - total} increments were lost.`);
  await store.close();
  return { perSecond, retries: attempts / TRANSACTIONS - 1, latencies };
}

const { values: options } = parseArgs({ options: { output: { type: 'string' } } });
const cases = Object.entries(ways).flatMap(([way, { keys }]) =>
  HOT_KEYS.filter((count) => count >= keys).flatMap((hotKeys) =>
    WORKERS.map((workers) => ({ way, hotKeys, workers, runs: [] as Run[] })),
  ),
);
// Alternate between the cases, so that other programs disturb all of them equally.
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  for (const { way, hotKeys, workers, runs } of cases) {
    const result = await run(workers, hotKeys, way, round + 1);
    if (round >= WARM_UP_ROUNDS) runs.push(result);
  }
}

const points: Chart['points'][number][] = [];
console.log(
  '| way | hot keys | workers | committed/s | retries per commit | p50, ms | p99, ms | p99.9, ms | longest / mean |\n' +
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
);
for (const { way, hotKeys, workers, runs } of cases) {
  const middle = (figure: (run: Run) => number, digits: number): string =>
    median(runs.map(figure)).toFixed(digits);
  const latency = (share: number): string => middle((each) => quantile(each.latencies, share), 2);
  const unevenness = middle(({ latencies }) => {
    const mean = latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length;
    return quantile(latencies, 1) / mean;
  }, 1);
  points.push({
    x: workers,
    y: median(runs.map((each) => each.perSecond)),
    series: `${hotKeys} hot, ${way}`,
  });
  console.log(
    `| ${way} | ${hotKeys} | ${workers} | ${middle((each) => each.perSecond, 0)} | ${middle((each) => each.retries, 2)} | ` +
      `${latency(0.5)} | ${latency(0.99)} | ${latency(0.999)} | ${unevenness} |`,
  );
}
if (options.output !== undefined) {
  const chart: Chart = {
    title: 'committed transactions a second',
    x: 'workers (logarithmic)',
    y: 'committed/s (logarithmic)',
    points,
  };
  writeFileSync(options.output, JSON.stringify(chart));
}
