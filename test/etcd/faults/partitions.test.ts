import { formatReport } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd-cluster.ts';
import { ClusterNetwork, missingNamespaces } from './cluster-network.ts';
import { runFaults } from './fault-run.ts';
import { partitions } from './partitions.ts';

const ROUNDS = 4;
const missing = missingEtcd ?? missingNamespaces;
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing)(`a cluster whose network is cut${skipped}`, () => {
  it.each([1])(
    'loses no acknowledged commit and stays strictly serializable (seed %i)',
    async (seed) => {
      const network = ClusterNetwork.create(3);
      onTestFinished(() => network.remove());
      const cluster = await EtcdCluster.start(3, {}, undefined, network.places);
      const result = await runFaults({
        cluster,
        faults: partitions(network),
        seed,
        rounds: ROUNDS,
        clients: 3,
        commitsPerPhase: 10,
        say: () => {},
      });
      expect(result.report.valid, `seed ${seed}\n${formatReport(result.report)}`).toBe(true);
      expect(result.recoveriesMs).toHaveLength(ROUNDS);
    },
    300_000,
  );
});
