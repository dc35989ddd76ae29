/**
 * Runs more rounds of faults than the tests do, on a cluster of three nodes, and checks the history of all
 * clients. With the argument `partitions`, the network fails. Otherwise, nodes fail.
 *
 *     npx tsx test/proof/cluster-faults/faults.ts [seed] [rounds] [clients] [partitions]
 */
import { formatReport } from 'memstore-tx/testing';
import { EtcdCluster, missingEtcd } from '../../etcd/etcd-cluster.ts';
import { ClusterNetwork, missingNamespaces } from './cluster-network.ts';
import { NODE_FAULTS, runFaults } from './fault-run.ts';
import { partitions } from './partitions.ts';

const words = process.argv.slice(2);
const [seed = 1, rounds = 40, clients = 4] = words.filter((word) => word !== 'partitions').map(Number);
const isPartitioned = words.includes('partitions');
const missing = missingEtcd ?? (isPartitioned ? missingNamespaces : undefined);
if (missing !== undefined) {
  console.log(`Skipped: ${missing}.`);
} else {
  const network = isPartitioned ? ClusterNetwork.create(3) : undefined;
  try {
    const cluster = await EtcdCluster.start(3, {}, undefined, network?.places);
    const faults = network === undefined ? NODE_FAULTS : partitions(network);
    const run = { cluster, faults, seed, rounds, clients, commitsPerPhase: 50, say: console.log };
    const result = await runFaults(run);
    const count = (status: string): number =>
      result.transactions.filter((transaction) => transaction.status === status).length;
    console.log(formatReport(result.report));
    console.log(`committed ${count('committed')}, aborted ${count('aborted')}, unknown ${count('unknown')}`);
    console.log(Object.fromEntries(result.failures));
    console.log(`slowest recovery after a fault: ${Math.round(Math.max(...result.recoveriesMs))} ms`);
    console.log(`longest pause between two commits: ${Math.round(result.longestPauseMs)} ms`);
    if (!result.report.valid) process.exitCode = 1;
  } finally {
    network?.remove();
  }
}
