import type { Rates, Sample } from './sample.ts';

/** Returns a sample as one line of name=value pairs, for logs and programs. Memory sizes are in bytes. */
export function sampleLine({ timeMs, stats, ...sample }: Sample, rates: Rates): string {
  const perSecond = (rate: number): string => String(Math.round(rate * 10) / 10);
  const pairs: Readonly<Record<string, string | number>> = {
    time: new Date(timeMs).toISOString(),
    'commits/s': perSecond(rates.commits),
    'rollbacks/s': perSecond(rates.rollbacks),
    'deadlocks/s': perSecond(rates.deadlocks),
    'lock-waits/s': perSecond(rates.lockWaits),
    open: stats.activeTransactions,
    snapshots: stats.activeSnapshots,
    waiting: stats.waitingOperations,
    deadlocks: stats.deadlocks,
    entries: stats.entries,
    evictions: stats.evictions,
    values: stats.cacheSize,
    heap: sample.heapBytes,
    rss: sample.residentBytes,
    clients: sample.clients,
  };
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
