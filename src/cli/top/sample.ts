import type { LockSummary, StoreStats } from '../../index.ts';
import type { AnyRemoteStore } from '../open-remote.ts';

/** The figures of a store and its server at one moment. */
export interface Sample {
  readonly timeMs: number;
  readonly stats: StoreStats;
  readonly locks: LockSummary;
  readonly clients: number;
  readonly uptimeMs: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

export async function takeSample(store: AnyRemoteStore): Promise<Sample> {
  const [stats, locks, info] = await Promise.all([store.stats(), store.lockSummary(), store.info()]);
  const number = (name: string): number => Number(info[name] ?? 0);
  return {
    timeMs: Date.now(),
    stats,
    locks,
    clients: number('connected_clients'),
    uptimeMs: number('uptime_in_seconds') * 1000,
    heapBytes: number('used_memory'),
    residentBytes: number('used_memory_rss'),
  };
}

const COUNTERS = [
  'begins',
  'commits',
  'rollbacks',
  'deadlocks',
  'lockWaits',
  'lockTimeouts',
  'evictions',
  'expirations',
] as const;

/** The number of events per second between two samples. */
export type Rates = { readonly [Counter in (typeof COUNTERS)[number]]: number };

export function ratesBetween(before: Sample, after: Sample): Rates {
  const seconds = Math.max(after.timeMs - before.timeMs, 1) / 1000;
  // After a restart, the server counts from zero again.
  const rate = (name: keyof Rates): number => Math.max(0, after.stats[name] - before.stats[name]) / seconds;
  return Object.fromEntries(COUNTERS.map((name) => [name, rate(name)])) as Rates;
}
