import { formatReport } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { EtcdCluster, missingEtcd } from '../../etcd/etcd-cluster.ts';
import { inFullRun } from '../../run-size.ts';
import { skipNote } from '../../skip-note.ts';
import { NODE_FAULTS, runFaults } from './fault-run.ts';

/**
 * The number of rounds. A full run has one round for each fault. A fast run only kills the leader, which is
 * the first fault of its seed.
 */
const ROUNDS = inFullRun(4, 1);
const SEED = inFullRun(1, 4);

describe.skipIf(missingEtcd)(`a cluster with failing nodes${skipNote(missingEtcd)}`, () => {
  it.each([SEED])(
    'loses no acknowledged commit and stays strictly serializable (seed %i)',
    async (seed) => {
      const result = await runFaults({
        cluster: await EtcdCluster.start(3),
        faults: NODE_FAULTS,
        seed,
        rounds: ROUNDS,
        clients: 3,
        commitsPerPhase: 25,
        say: () => {},
      });
      expect(result.report.valid, `seed ${seed}\n${formatReport(result.report)}`).toBe(true);
      expect(result.recoveriesMs).toHaveLength(ROUNDS);
    },
    300_000,
  );
});
