import { formatReport } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { EtcdCluster, missingEtcd } from '../etcd-cluster.ts';
import { NODE_FAULTS, runFaults } from './fault-run.ts';

describe.skipIf(missingEtcd)('a cluster whose nodes fail', () => {
  it.each([1])(
    'loses nothing that was acknowledged, and shows nothing that is not serializable (seed %i)',
    async (seed) => {
      const result = await runFaults({
        cluster: await EtcdCluster.start(3),
        faults: NODE_FAULTS,
        seed,
        rounds: 4,
        clients: 3,
        commitsPerPhase: 25,
        say: () => {},
      });
      expect(result.report.valid, `seed ${seed}\n${formatReport(result.report)}`).toBe(true);
      expect(result.recoveriesMs).toHaveLength(4);
    },
    300_000,
  );
});
