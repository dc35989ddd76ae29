import { EtcdStore } from 'memstore-tx/etcd';
import { checkHistory, type HistoryReport, type HistoryTransaction, seededRandom } from 'memstore-tx/testing';
import type { EtcdCluster } from '../../etcd/etcd-cluster.ts';
import { Clients } from './clients.ts';

/** Causes a fault and returns a function that repairs it. */
type Fault = (cluster: EtcdCluster, random: () => number) => Promise<() => Promise<void>>;

/** Faults by name. */
export type Faults = Readonly<Record<string, Fault>>;

/** Returns the leader, or the first node if there is no leader. */
export async function leaderOf(cluster: EtcdCluster): Promise<number> {
  return (await cluster.leader()) ?? 0;
}

/** Faults of nodes: the run kills them, pauses them, or moves the leadership. */
export const NODE_FAULTS: Faults = {
  'the leader is killed': async (cluster) => {
    const leader = await leaderOf(cluster);
    await cluster.kill(leader);
    return async () => cluster.startNode(leader);
  },
  'a node is killed': async (cluster, random) => {
    const node = Math.floor(random() * cluster.size);
    await cluster.kill(node);
    return async () => cluster.startNode(node);
  },
  'the leader is paused': async (cluster) => {
    const leader = await leaderOf(cluster);
    cluster.pause(leader);
    return async () => cluster.resume(leader);
  },
  'the lead is handed over': async (cluster, random) => {
    await cluster.moveLeader(Math.floor(random() * cluster.size));
    return async () => {};
  },
};

export interface FaultRun {
  /** A cluster of three nodes. The run stops it. */
  readonly cluster: EtcdCluster;
  readonly faults: Faults;
  readonly seed: number;
  readonly rounds: number;
  readonly clients: number;
  /** The number of transactions that must commit during each fault, and again after its repair. */
  readonly commitsPerPhase: number;
  readonly say: (line: string) => void;
}

export interface FaultResult {
  readonly report: HistoryReport;
  readonly transactions: readonly HistoryTransaction[];
  readonly failures: ReadonlyMap<string, number>;
  /** The milliseconds from each fault to the first commit of a transaction that began after it. */
  readonly recoveriesMs: readonly number[];
  /** The longest time between two commits of any clients, in milliseconds. */
  readonly longestPauseMs: number;
}

/**
 * Runs clients against a cluster, causes one fault after the other, and checks the history that the clients
 * saw.
 */
export async function runFaults({
  cluster,
  faults,
  seed,
  rounds,
  clients,
  commitsPerPhase,
  say,
}: FaultRun): Promise<FaultResult> {
  const random = seededRandom(seed);
  const prefix = `faults-${seed}`;
  const running = new Clients(clients, cluster.hosts, prefix, seed);
  const recoveriesMs: number[] = [];
  try {
    await running.commits(commitsPerPhase);
    for (let round = 0; round < rounds; round++) {
      const names = Object.keys(faults);
      const name = names[(round + seed) % names.length] ?? '';
      const mend = await faults[name]?.(cluster, random);
      try {
        const start = performance.now();
        await running.commits(1);
        recoveriesMs.push(performance.now() - start);
        await running.commits(commitsPerPhase);
      } finally {
        await mend?.();
      }
      await cluster.healthy();
      await running.commits(commitsPerPhase);
      say(`${name}: the next commit succeeded after ${Math.round(recoveriesMs.at(-1) ?? 0)} ms`);
    }
    await running.stop();
    if (running.failure !== undefined) throw running.failure;
    const transactions = [...running.transactions, await lastRead(cluster, prefix)];
    return {
      report: checkHistory({ transactions }),
      transactions,
      failures: running.failures,
      recoveriesMs,
      longestPauseMs: longestPause(running.transactions),
    };
  } finally {
    await running.stop();
    await cluster.stop();
  }
}

function longestPause(transactions: readonly HistoryTransaction[]): number {
  const ends = transactions.filter(({ status }) => status === 'committed').map(({ endAt = 0 }) => endAt);
  ends.sort((a, b) => a - b);
  const gaps = ends.slice(1).map((end, index) => end - (ends[index] ?? end));
  return gaps.reduce((longest, gap) => Math.max(longest, gap), 0) / 1_000;
}

/** Returns a scan of all entries as a transaction that began after all others had ended. */
async function lastRead(cluster: EtcdCluster, prefix: string): Promise<HistoryTransaction> {
  const store = await EtcdStore.open<Record<string, readonly string[]>>({ hosts: cluster.hosts, prefix });
  const entries: [string, readonly string[]][] = [];
  for await (const entry of store.entries()) entries.push(entry);
  await store.close();
  const operation = { type: 'scan', range: { from: '', to: undefined }, entries } as const;
  return { id: 'last', status: 'committed', beginAt: Number.MAX_SAFE_INTEGER, operations: [operation] };
}
