import type { KeyRange } from '../../contract/key-range.ts';
import type { HistoryValue, TransactionId } from './history.ts';
import type { IsolationLevel } from './isolation-level.ts';

/** The ways in which a history can be wrong, named as in Adya's thesis (1999) where it has a name. */
export type AnomalyName =
  /** A read returned a value that nobody wrote, or a key outside the range that was scanned. */
  | 'garbage-read'
  /** A list held the same element twice. */
  | 'duplicate-elements'
  /** Two reads of a list disagree about the order of its elements. */
  | 'incompatible-order'
  /** A scan yielded the same key twice. */
  | 'duplicate-row'
  /** A scan yielded its keys out of order. */
  | 'unordered-scan'
  /** A transaction did not see its own writes. */
  | 'internal'
  /** Dirty write: the writes of two transactions are interleaved. */
  | 'G0'
  /** Aborted read: a committed transaction saw what an aborted one wrote. */
  | 'G1a'
  /** Intermediate read: a transaction saw a write that its writer itself replaced. */
  | 'G1b'
  /** Circular information flow: each saw, or overwrote, what the next one wrote. */
  | 'G1c'
  /** Two transactions read the same version and both replaced it. */
  | 'lost-update'
  /** A transaction read the same key twice and saw two versions. */
  | 'fuzzy-read'
  /** Single anti-dependency, or read skew: it saw some of a transaction's effects but not others. */
  | 'G-single'
  /** Write skew: a cycle with several anti-dependencies, on items that were read. */
  | 'G2-item'
  /** A cycle of anti-dependencies of which one at least is on a range that was scanned: a phantom. */
  | 'G2'
  /** The same, where the cycle closes only because a transaction ended before another one began. */
  | 'G0-realtime'
  | 'G1c-realtime'
  /** Most often a stale read: it missed a write that had been acknowledged before it began. */
  | 'G-single-realtime'
  | 'G2-item-realtime'
  | 'G2-realtime';

/**
 * Why one transaction comes before another:
 *
 * - `ww`: the other replaced what it wrote.
 * - `wr`: the other read what it wrote; `predicate-wr`: the other scanned a range without a key it deleted.
 * - `rw`: the other replaced what it read; `predicate-rw`: the other put a key into a range it had scanned.
 * - `realtime`: it ended before the other began.
 */
export type DependencyKind = 'ww' | 'wr' | 'predicate-wr' | 'rw' | 'predicate-rw' | 'realtime';

/** One edge of a cycle. */
export interface DependencyStep {
  /** The transaction that comes first by this edge. */
  readonly from: TransactionId;
  readonly to: TransactionId;
  readonly kind: DependencyKind;
  /** The key that both touched; undefined for `realtime`. */
  readonly key: string | undefined;
  /** The range that was scanned, for the `predicate-` kinds. */
  readonly range: KeyRange | undefined;
  /** The version that was read or replaced; of a list, its last element. Undefined when absent. */
  readonly value: HistoryValue | undefined;
  /** For `ww`, `rw` and `predicate-rw`, the version that replaced it; undefined when that was a delete. */
  readonly nextValue: HistoryValue | undefined;
  /** True when the order of the versions is known only from real time. */
  readonly assumesRealTime: boolean;
}

/** One thing that is wrong with a history. */
export interface Anomaly {
  readonly name: AnomalyName;
  /** What happened, in one sentence. */
  readonly explanation: string;
  /** The transactions that took part. */
  readonly transactions: readonly TransactionId[];
  /** The cycle of dependencies, each step leading to the next and the last to the first; else empty. */
  readonly cycle: readonly DependencyStep[];
  /** True when the isolation level that was asked for forbids it. */
  readonly forbidden: boolean;
}

/** What `checkHistory` found. */
export interface HistoryReport {
  /** True when no anomaly was found that the level forbids. */
  readonly valid: boolean;
  readonly level: IsolationLevel;
  /**
   * What was found, the worst first. Where many transactions are entangled in cycles, one cycle of the
   * strongest kind stands for all.
   */
  readonly anomalies: readonly Anomaly[];
  /** How many transactions the history has, aborted ones included. */
  readonly transactions: number;
  /** The size of the dependency graph. */
  readonly edges: number;
}
