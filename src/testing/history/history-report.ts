import type { KeyRange } from '../../contract/key-range.ts';
import type { HistoryValue, TransactionId } from './history.ts';
import type { IsolationLevel } from './isolation-level.ts';

/** The name of an anomaly. Names that start with `G` are from Adya's thesis (1999). */
export type AnomalyName =
  /** A read returned a value that no transaction wrote, or a scan returned a key outside its range. */
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
  /** Aborted read: a committed transaction saw a write of an aborted one. */
  | 'G1a'
  /** Intermediate read: a transaction saw a write that the same writer later replaced. */
  | 'G1b'
  /** Circular information flow: each transaction read or replaced what another one in the cycle wrote. */
  | 'G1c'
  /** Two transactions read the same version and both replaced it. */
  | 'lost-update'
  /** A transaction read the same key twice and saw two versions. */
  | 'fuzzy-read'
  /** Single anti-dependency, or read skew: a transaction saw some effects of another one but not all. */
  | 'G-single'
  /** Write skew: a cycle with several anti-dependencies, all of them on keys that were read. */
  | 'G2-item'
  /** Phantom: a cycle with at least one anti-dependency on a range that was scanned. */
  | 'G2'
  /**
   * The `-realtime` anomalies: a cycle that exists only because one transaction ended before another one
   * began.
   */
  | 'G0-realtime'
  | 'G1c-realtime'
  /** Usually a stale read: a transaction missed a write that was acknowledged before it began. */
  | 'G-single-realtime'
  | 'G2-item-realtime'
  | 'G2-realtime';

/**
 * The reason why transaction A precedes transaction B (Adya, 1999):
 *
 * - `ww`: B replaced a value that A wrote.
 * - `wr`: B read a value that A wrote. `predicate-wr`: B scanned a range without a key that A deleted.
 * - `rw`: B replaced a value that A read. `predicate-rw`: B put a key into a range that A scanned.
 * - `realtime`: A ended before B began.
 */
export type DependencyKind = 'ww' | 'wr' | 'predicate-wr' | 'rw' | 'predicate-rw' | 'realtime';

/** One edge of a cycle. */
export interface DependencyStep {
  /** The transaction that precedes the other. */
  readonly from: TransactionId;
  /** The transaction that follows. */
  readonly to: TransactionId;
  /** The reason for the order. */
  readonly kind: DependencyKind;
  /** The key that both have read or written; `undefined` for `realtime`. */
  readonly key: string | undefined;
  /** The range that was scanned, for the `predicate-` kinds. */
  readonly range: KeyRange | undefined;
  /** The version that was read or replaced, or the last element of a list; `undefined` for an absent key. */
  readonly value: HistoryValue | undefined;
  /** The version that replaced `value`, for `ww`, `rw` and `predicate-rw`; `undefined` for a delete. */
  readonly nextValue: HistoryValue | undefined;
  /** `true` if this version order is known only from real time. */
  readonly assumesRealTime: boolean;
}

/** One anomaly of a history. */
export interface Anomaly {
  /** The name of the anomaly. */
  readonly name: AnomalyName;
  /** A description in one sentence. */
  readonly explanation: string;
  /** The transactions that took part. */
  readonly transactions: readonly TransactionId[];
  /** The cycle of dependencies, in order; empty for an anomaly without a cycle. */
  readonly cycle: readonly DependencyStep[];
  /** `true` if the isolation level of the check forbids the anomaly. */
  readonly forbidden: boolean;
}

/** The result of `checkHistory`. */
export interface HistoryReport {
  /** `true` if the check found no anomaly that the level forbids. */
  readonly valid: boolean;
  /** The isolation level of the check. */
  readonly level: IsolationLevel;
  /**
   * The anomalies, the worst first. If many transactions are connected by cycles, the report has one cycle
   * for all of them, of the worst kind.
   */
  readonly anomalies: readonly Anomaly[];
  /** The number of transactions of the history, aborted ones included. */
  readonly transactions: number;
  /** The number of edges of the dependency graph. */
  readonly edges: number;
}
