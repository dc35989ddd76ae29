import { EtcdStore } from 'memstore-tx/etcd';
import { checkHistory, type HistoryReport, type HistoryTransaction, seededRandom } from 'memstore-tx/testing';
import { EtcdCluster } from '../etcd-cluster.ts';
import { Clients } from './clients.ts';

/** One thing that goes wrong, and how it ends. */
type Fault = (cluster: EtcdCluster, random: () => number) => Promise<() => Promise<void>>;

const FAULTS: Readonly<Record<string, Fault>> = {
  'the leader is killed': async (cluster) => {
    const leader = (await cluster.leader()) ?? 0;
    await cluster.kill(leader);
    return async () => cluster.startNode(leader);
  },
  'a node is killed': async (cluster, random) => {
    const node = Math.floor(random() * cluster.size);
    await cluster.kill(node);
    return async () => cluster.startNode(node);
  },
  'the leader is paused': async (cluster) => {
    const leader = (await cluster.leader()) ?? 0;
    cluster.pause(leader);
    return async () => cluster.resume(leader);
  },
  'the lead is handed over': async (cluster, random) => {
    await cluster.moveLeader(Math.floor(random() * cluster.size));
    return async () => {};
  },
};

export interface FaultRun {
  readonly seed: number;
  readonly rounds: number;
  readonly clients: number;
  /** Transactions that must get through while something is wrong, and again when it is over. */
  readonly commitsPerPhase: number;
  readonly say: (line: string) => void;
}

export interface FaultResult {
  readonly report: HistoryReport;
  readonly transactions: readonly HistoryTransaction[];
  readonly failures: ReadonlyMap<string, number>;
  /** How long it took after each fault until a transaction got through, in milliseconds. */
  readonly recoveriesMs: readonly number[];
}

/** Runs clients against a cluster of three nodes of which now one, now another fails, and checks what they saw. */
export async function runFaults({
  seed,
  rounds,
  clients,
  commitsPerPhase,
  say,
}: FaultRun): Promise<FaultResult> {
  const random = seededRandom(seed);
  const cluster = await EtcdCluster.start(3);
  const prefix = `faults-${seed}`;
  const running = new Clients(clients, cluster.hosts, prefix, seed);
  const recoveriesMs: number[] = [];
  try {
    await running.commits(commitsPerPhase);
    for (let round = 0; round < rounds; round++) {
      const names = Object.keys(FAULTS);
      const name = names[(round + seed) % names.length] ?? '';
      const mend = await FAULTS[name]?.(cluster, random);
      const start = performance.now();
      await running.commits(1);
      recoveriesMs.push(performance.now() - start);
      await running.commits(commitsPerPhase);
      await mend?.();
      await cluster.healthy();
      await running.commits(commitsPerPhase);
      say(`${name}: a commit got through ${Math.round(recoveriesMs.at(-1) ?? 0)} ms later`);
    }
    await running.stop();
    const transactions = [...running.transactions, await lastRead(cluster, prefix)];
    return { report: checkHistory({ transactions }), transactions, failures: running.failures, recoveriesMs };
  } finally {
    await running.stop();
    await cluster.stop();
  }
}

/** What is there in the end, read by somebody who began when all the others had ended. */
async function lastRead(cluster: EtcdCluster, prefix: string): Promise<HistoryTransaction> {
  const store = await EtcdStore.open<Record<string, readonly string[]>>({ hosts: cluster.hosts, prefix });
  const entries: [string, readonly string[]][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  await store.close();
  const operation = { type: 'scan', range: { from: '', to: undefined }, entries } as const;
  return { id: 'last', status: 'committed', beginAt: Number.MAX_SAFE_INTEGER, operations: [operation] };
}
