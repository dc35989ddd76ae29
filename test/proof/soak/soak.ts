/**
 * Runs random transactions on stores with every combination of strategies for a given time. Measures the
 * heap after each round, and checks a random history between the rounds.
 *
 *     npm run soak -- [--minutes 5 | --transactions 360000] [--seed 1]
 *
 * An application with a hundred transactions per second runs 360,000 in an hour.
 */

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HistoryRun } from '../histories/history-run.ts';
import { judgeRun } from '../histories/judge-run.ts';
import { COMBINATIONS, setupOf } from '../histories/run-setup.ts';
import { LongLivedStore } from './long-lived-store.ts';

/** The number of transactions of each store in one round. */
const PER_ROUND = 500;
/** The number of rounds in which code is compiled and tables grow to their final size. */
const WARM_UP_ROUNDS = 10;
/**
 * The maximum ratio of the final heap to the heap after the warm-up. It allows for noise from compiled code.
 */
const ALLOWED_GROWTH = 1.1;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    transactions: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const endMs =
  values.transactions === undefined ? Number(values.minutes ?? 5) * 60_000 : Number.POSITIVE_INFINITY;
const most = Number(values.transactions ?? Number.POSITIVE_INFINITY);

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function heapMb(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    collectGarbage();
    // Lets finalizers and weak references be processed.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const stores = Array.from(
  { length: COMBINATIONS },
  (_, index) => new LongLivedStore(setupOf(seed * COMBINATIONS + index)),
);
const problems: string[] = [];
const start = performance.now();
let transactions = 0;
let checked = 0;
let baseMb = 0;
let lastMb = 0;
console.log(' round  transactions  seconds    heap');
for (let round = 1; transactions < most && performance.now() - start < endMs; round++) {
  for (const store of stores) await store.run(PER_ROUND);
  transactions += stores.length * PER_ROUND;
  for (const store of stores) problems.push(...(await store.leftovers()));

  const history = new HistoryRun(setupOf((seed + 1) * 1_000_000 + round));
  await history.run(PER_ROUND);
  problems.push(
    ...(await judgeRun(history)).problems.map((problem) => `seed ${history.setup.seed}: ${problem}`),
  );
  checked += history.recordings.length;

  lastMb = await heapMb();
  if (round === WARM_UP_ROUNDS) baseMb = lastMb;
  const cells = [
    round,
    transactions,
    ((performance.now() - start) / 1_000).toFixed(0),
    `${lastMb.toFixed(2)} MB`,
  ];
  if (round <= WARM_UP_ROUNDS || round % 10 === 0)
    console.log(cells.map((cell, index) => String(cell).padStart([6, 14, 9, 12][index] ?? 0)).join(''));
  if (problems.length > 0) break;
}
for (const { store } of stores) await store.close();

if (baseMb > 0 && lastMb > baseMb * ALLOWED_GROWTH)
  problems.push(
    `the heap must not grow by more than ${ALLOWED_GROWTH}x, but grew from ${baseMb.toFixed(2)} to ${lastMb.toFixed(2)} MB`,
  );
for (const problem of problems) console.error(`FAILED (seed ${seed}): ${problem}`);
console.log(
  `${transactions} transactions on ${stores.length} stores, ${checked} more in histories that were checked; ` +
    `the heap was ${baseMb.toFixed(2)} MB after ${WARM_UP_ROUNDS} rounds and is ${lastMb.toFixed(2)} MB; ${problems.length} problems`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
