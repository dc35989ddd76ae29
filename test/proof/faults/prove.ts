import { checkHistory, formatReport } from 'memstore-tx/testing';
import { runFaultyHistory } from './run-faulty-history.ts';

/** The number of seeds to run and the first seed: `npm run prove:faults -- 500 1`. */
const [count = 200, first = 1] = process.argv.slice(2).map(Number);
const codes = new Map<string, number>();
const totals = { transactions: 0, unknown: 0, connections: 0, cuts: 0 };

for (let seed = first; seed < first + count; seed++) {
  const run = await runFaultyHistory(seed);
  const report = checkHistory(run.history);
  const isClean = Object.values(run.left as object).every((value) => value === 0 || value?.length === 0);
  if (!report.valid || !isClean) {
    console.error(`Seed ${seed}: ${formatReport(report)}\nLeft: ${JSON.stringify(run.left)}`);
    process.exit(1);
  }
  totals.transactions += run.history.transactions.length;
  totals.unknown += run.history.transactions.filter(({ status }) => status === 'unknown').length;
  totals.connections += run.connections;
  totals.cuts += run.cuts;
  for (const [code, times] of run.codes) codes.set(code, (codes.get(code) ?? 0) + times);
}
console.log(`${count} histories from seed ${first} on, all strictly serializable.`);
console.log({ ...totals, ...Object.fromEntries(codes) });
