import type { Anomaly, AnomalyName } from './history-report.ts';

/** All isolation levels, the weakest first. */
export const ISOLATION_LEVELS = [
  'read-uncommitted',
  'read-committed',
  'repeatable-read',
  'snapshot-isolation',
  'serializable',
  'strict-serializable',
] as const;

/**
 * An isolation level of Adya's thesis (1999). In the thesis, read uncommitted to serializable are called
 * PL-1, PL-2, PL-2.99, PL-SI and PL-3. The strongest level, `strict-serializable`, is PL-3 with an order that
 * agrees with real time.
 */
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

/** The anomalies that no level allows: the store invented, reordered or omitted data. */
const ALWAYS_FORBIDDEN: readonly AnomalyName[] = [
  'garbage-read',
  'duplicate-elements',
  'incompatible-order',
  'duplicate-row',
  'unordered-scan',
  'internal',
];

const G1: readonly AnomalyName[] = ['G0', 'G1a', 'G1b', 'G1c'];

const FORBIDDEN: Readonly<Record<Exclude<IsolationLevel, 'strict-serializable'>, readonly AnomalyName[]>> = {
  'read-uncommitted': ['G0'],
  'read-committed': G1,
  'repeatable-read': [...G1, 'lost-update', 'fuzzy-read', 'G-single', 'G2-item'],
  'snapshot-isolation': [...G1, 'lost-update', 'fuzzy-read', 'G-single'],
  serializable: [...G1, 'lost-update', 'fuzzy-read', 'G-single', 'G2-item', 'G2'],
};

/** Returns whether a store that promises the level must not show the anomaly. */
export function forbids(level: IsolationLevel, anomaly: Omit<Anomaly, 'forbidden'>): boolean {
  if (level === 'strict-serializable' || ALWAYS_FORBIDDEN.includes(anomaly.name)) return true;
  // Repeatable read protects the keys that were read, but not scanned ranges.
  const throughPredicate = anomaly.cycle.some((step) => step.kind === 'predicate-rw');
  if (level === 'repeatable-read' && throughPredicate) return false;
  return FORBIDDEN[level].includes(anomaly.name);
}

/** Returns whether the order of the transactions must agree with real time. */
export function respectsRealTime(level: IsolationLevel): boolean {
  return level === 'strict-serializable';
}

/**
 * Returns whether all reads of a transaction must see one state of the store. At read committed and weaker
 * levels, each read may see a different state.
 */
export function readsOneState(level: IsolationLevel): boolean {
  return level !== 'read-uncommitted' && level !== 'read-committed';
}
