import type { EtcdCluster } from '../../etcd/etcd-cluster.ts';
import { CLIENTS, type ClusterNetwork, type End } from './cluster-network.ts';
import { type Faults, leaderOf } from './fault-run.ts';

/** The time for which a flapping link stays cut or joined, in milliseconds. */
const FLAP_MS = 50;

type Direction = readonly [from: End, to: End];

function othersThan(node: number, { size }: EtcdCluster): number[] {
  return Array.from({ length: size }, (_, index) => index).filter((index) => index !== node);
}

function bothWays(node: number, others: readonly End[]): Direction[] {
  return others.flatMap((other): Direction[] => [
    [node, other],
    [other, node],
  ]);
}

/** Returns faults of the network. All nodes keep running. */
export function partitions(network: ClusterNetwork): Faults {
  /** Cuts the given directions, and returns a function that joins them again. */
  const cutAll = (directions: readonly Direction[]): (() => Promise<void>) => {
    for (const [from, to] of directions) network.cut(from, to);
    return async () => {
      for (const [from, to] of directions) network.join(from, to);
    };
  };

  return {
    'the leader is cut from its peers, not from the clients': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(bothWays(leader, othersThan(leader, cluster)));
    },
    'the leader is cut from its peers and the clients': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(bothWays(leader, [...othersThan(leader, cluster), CLIENTS]));
    },
    'the clients are cut from the leader': async (cluster) =>
      cutAll(bothWays(await leaderOf(cluster), [CLIENTS])),
    'one link is broken': async (cluster, random) => {
      const node = Math.floor(random() * cluster.size);
      return cutAll(bothWays(node, othersThan(node, cluster).slice(0, 1)));
    },
    'the peers receive nothing from the leader': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(othersThan(leader, cluster).map((other): Direction => [leader, other]));
    },
    'the leader receives nothing from its peers': async (cluster) => {
      const leader = await leaderOf(cluster);
      return cutAll(othersThan(leader, cluster).map((other): Direction => [other, leader]));
    },
    'answers to the clients are lost': async (cluster) => cutAll([[await leaderOf(cluster), CLIENTS]]),
    'a link loses packets in one direction': async (cluster) => {
      const leader = await leaderOf(cluster);
      const [other = 0] = othersThan(leader, cluster);
      network.cut(leader, other);
      let isCut = true;
      const flapping = setInterval(() => {
        if (isCut) network.join(leader, other);
        else network.cut(leader, other);
        isCut = !isCut;
      }, FLAP_MS);
      return async () => {
        clearInterval(flapping);
        if (isCut) network.join(leader, other);
      };
    },
    'the leader is slow to reach': async (cluster) => {
      const leader = await leaderOf(cluster);
      network.slowDown(leader);
      return async () => network.speedUp(leader);
    },
  };
}
