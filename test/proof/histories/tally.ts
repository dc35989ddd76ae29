import type { StoreStats } from 'memstore-tx';
import type { HistoryRun } from './history-run.ts';

type Counter = keyof StoreStats &
  ('commits' | 'rollbacks' | 'lockWaits' | 'deadlocks' | 'lockTimeouts' | 'evictions' | 'expirations');

/** Counts of events in some runs, to check that the runs cover them. */
export type Tally = Record<Counter | 'transactions' | 'operations', number>;

const COUNTED: readonly Counter[] = [
  'commits',
  'rollbacks',
  'lockWaits',
  'deadlocks',
  'lockTimeouts',
  'evictions',
  'expirations',
];

export function tallyOf(runs: readonly HistoryRun[]): Tally {
  const stats = runs.map(({ store }) => store.stats());
  const counts = COUNTED.map((name) => [name, sum(stats.map((each) => each[name]))] as const);
  const recordings = runs.flatMap((run) => run.recordings);
  return {
    transactions: recordings.length,
    operations: sum(recordings.map((recording) => recording.toTransaction().operations.length)),
    ...(Object.fromEntries(counts) as Record<Counter, number>),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
