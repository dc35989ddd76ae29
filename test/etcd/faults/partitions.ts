import type { EtcdCluster } from '../etcd-cluster.ts';
import { CLIENTS, type ClusterNetwork } from './cluster-network.ts';
import type { Faults } from './fault-run.ts';

/** How long a flapping link stays as it is, in milliseconds. */
const FLAP_MS = 50;

/** Faults of a network whose nodes keep running. */
export function partitions(network: ClusterNetwork): Faults {
  type Ends = readonly (readonly [from: number | typeof CLIENTS, to: number | typeof CLIENTS])[];

  /** Cuts the given directions, and returns how to join them again. */
  const cutAll = (ends: Ends): (() => Promise<void>) => {
    for (const [from, to] of ends) network.cut(from, to);
    return async () => {
      for (const [from, to] of ends) network.join(from, to);
    };
  };
  const leaderOf = async (cluster: EtcdCluster): Promise<number> => (await cluster.leader()) ?? 0;
  const othersThan = (node: number, { size }: EtcdCluster): number[] =>
    Array.from({ length: size }, (_, index) => index).filter((index) => index !== node);
  const bothWays = (node: number, others: readonly (number | typeof CLIENTS)[]): Ends =>
    others.flatMap((other) => [[node, other] as const, [other, node] as const]);

  return {
    'the leader is cut from its peers, not from the clients': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(bothWays(leader, othersThan(leader, cluster)));
    },
    'the leader is cut from everybody': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(bothWays(leader, [...othersThan(leader, cluster), CLIENTS]));
    },
    'the clients are cut from the leader': async (cluster) =>
      cutAll(bothWays(await leaderOf(cluster), [CLIENTS])),
    'one link is broken': async (cluster, random) => {
      const node = Math.floor(random() * cluster.size);
      return cutAll(bothWays(node, othersThan(node, cluster).slice(0, 1)));
    },
    'the leader is heard by nobody': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(othersThan(leader, cluster).map((other) => [leader, other] as const));
    },
    'the leader hears nobody': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(othersThan(leader, cluster).map((other) => [other, leader] as const));
    },
    'answers to the clients are lost': async (cluster) => cutAll([[await leaderOf(cluster), CLIENTS]]),
    'a link loses packets in one direction': async (cluster) => {
      const leader = await leaderOf(cluster);
      const ends: Ends = [[leader, othersThan(leader, cluster)[0] ?? 0]];
      let restore = cutAll(ends);
      let isCut = true;
      const flapping = setInterval(() => {
        if (isCut) void restore();
        else restore = cutAll(ends);
        isCut = !isCut;
      }, FLAP_MS);
      return async () => {
        clearInterval(flapping);
        if (isCut) await restore();
      };
    },
    'the leader is slow to reach': async (cluster) => {
      const leader = await leaderOf(cluster);
      network.slowDown(leader);
      return async () => network.speedUp(leader);
    },
  };
}
