/**
 * Longer than the test does: rounds of faults on a cluster of three nodes, the history of all clients checked.
 *
 *     npx tsx test/etcd/faults/faults.ts [seed] [rounds] [clients]
 */
import { formatReport } from 'memstore-tx/testing';
import { missingEtcd } from '../etcd-cluster.ts';
import { runFaults } from './fault-run.ts';

const [seed = 1, rounds = 40, clients = 4] = process.argv.slice(2).map(Number);
if (missingEtcd !== undefined) {
  console.log(`Skipped: ${missingEtcd}.`);
} else {
  const result = await runFaults({ seed, rounds, clients, commitsPerPhase: 50, say: console.log });
  const count = (status: string): number =>
    result.transactions.filter((transaction) => transaction.status === status).length;
  console.log(formatReport(result.report));
  console.log(`committed ${count('committed')}, aborted ${count('aborted')}, unknown ${count('unknown')}`);
  console.log(Object.fromEntries(result.failures));
  console.log(`longest until a commit got through: ${Math.round(Math.max(...result.recoveriesMs))} ms`);
  if (!result.report.valid) process.exitCode = 1;
}
