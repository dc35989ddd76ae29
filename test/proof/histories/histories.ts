import { parseArgs } from 'node:util';
import { HistoryRun } from './history-run.ts';
import { judgeRun } from './judge-run.ts';
import { setupOf } from './run-setup.ts';
import { type Tally, tallyOf } from './tally.ts';

/**
 * Runs many random histories: `npm run histories -- --transactions 100000 --seed 1`. Each run has a new
 * store. Its seed determines the strategies, limits and keys. The seeds are consecutive numbers. To repeat a
 * failed run, pass its seed: `npm run histories -- --transactions 2500 --seed N`.
 */
const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    'per-run': { type: 'string', default: '2500' },
  },
});
const [transactions, firstSeed, perRun] = [values.transactions, values.seed, values['per-run']].map(Number);
if (transactions === undefined || firstSeed === undefined || perRun === undefined || !(perRun > 0)) {
  throw new Error('--transactions, --seed and --per-run must be numbers, and --per-run greater than 0.');
}

const columns: readonly (keyof Tally)[] = [
  'transactions',
  'operations',
  'commits',
  'rollbacks',
  'lockWaits',
  'deadlocks',
  'lockTimeouts',
  'evictions',
  'expirations',
];
const line = (seed: string, cells: readonly unknown[], name: string): void =>
  console.log(`${seed.padStart(6)} ${cells.map((cell) => String(cell).padStart(13)).join('')}  ${name}`);

line('seed', columns, 'strategies');
const totals = new Map<keyof Tally, number>();
const start = performance.now();
let failed = 0;
let edges = 0;
for (let [done, seed] = [0, firstSeed]; done < transactions; done += perRun, seed++) {
  const setup = setupOf(seed);
  const run = new HistoryRun(setup);
  await run.run(Math.min(perRun, transactions - done));
  const { problems, report } = await judgeRun(run);
  const tally = tallyOf([run]);
  for (const column of columns) totals.set(column, (totals.get(column) ?? 0) + tally[column]);
  edges += report.edges;
  line(
    String(seed),
    columns.map((column) => tally[column]),
    setup.name,
  );
  if (problems.length > 0) {
    failed++;
    console.error(`seed ${seed} FAILED:\n${problems.join('\n')}`);
  }
}
line(
  'all',
  columns.map((column) => totals.get(column)),
  '',
);
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(`${edges} dependencies, cycles only in failed runs; ${failed} runs failed; ${seconds} s`);
process.exitCode = failed > 0 ? 1 : 0;
