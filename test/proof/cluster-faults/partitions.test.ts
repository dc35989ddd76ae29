import { formatReport } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EtcdCluster, missingEtcd } from '../../etcd/etcd-cluster.ts';
import { inFullRun } from '../../run-size.ts';
import { skipNote } from '../../skip-note.ts';
import { ClusterNetwork, missingNamespaces } from './cluster-network.ts';
import { leaderOf, runFaults } from './fault-run.ts';
import { partitions } from './partitions.ts';

const ROUNDS = inFullRun(4, 1);
const missing = missingEtcd ?? missingNamespaces;
const skipped = skipNote(missing);

async function start(): Promise<{ network: ClusterNetwork; cluster: EtcdCluster }> {
  const network = ClusterNetwork.create(3);
  onTestFinished(() => network.remove());
  const cluster = await EtcdCluster.start(3, {}, undefined, network.places);
  onTestFinished(() => cluster.stop());
  return { network, cluster };
}

describe.skipIf(missing)(`a cluster with network partitions${skipped}`, () => {
  it('elects another leader if the peers cannot reach the first one', async ({ signal }) => {
    const { network, cluster } = await start();
    const first = await leaderOf(cluster);
    const cut = partitions(network)['the leader is cut from its peers, not from the clients'];
    const mend = await cut?.(cluster, () => 0);
    let leader: number | undefined = first;
    while (leader === undefined || leader === first) {
      signal.throwIfAborted();
      leader = await cluster.leader();
    }
    await mend?.();
    await cluster.healthy();
  });

  it.each([1])(
    'loses no acknowledged commit and stays strictly serializable (seed %i)',
    async (seed) => {
      const { network, cluster } = await start();
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
