import type { KeyRange } from '../../contract/key-range.ts';
import type { HistoryValue, TransactionId } from './history.ts';
import type { IsolationLevel } from './isolation-level.ts';

/** The name of an anomaly. Names that start with `G` are from Adya's thesis (1999). */
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
  /** The version that replaced it, for `ww`, `rw` and `predicate-rw`; `undefined` for a delete. */
  readonly nextValue: HistoryValue | undefined;
  /** `true` if the order of the versions is known only from real time. */
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
  /** `true` if the isolation level of the check forbids it. */
  readonly forbidden: boolean;
}

/** The result of `checkHistory`. */
export interface HistoryReport {
  /** `true` if the check found no anomaly that the level forbids. */
  readonly valid: boolean;
  /** The isolation level of the check. */
  readonly level: IsolationLevel;
  /**
   * The anomalies, the worst first. If many transactions are connected by cycles, the report has one cycle of
   * the strongest kind for all of them.
   */
  readonly anomalies: readonly Anomaly[];
  /** The number of transactions of the history, aborted ones included. */
  readonly transactions: number;
  /** The number of edges of the dependency graph. */
  readonly edges: number;
}
