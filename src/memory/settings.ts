import type { Clock } from '../contract/clock.ts';
import type { ValueCopier } from './values/value-copier.ts';

/** The options of a store, checked and complete. Times are in milliseconds. */
export interface Settings {
  readonly lockTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxActiveTransactions: number;
  readonly maxTransactionWrites: number;
  readonly maxTransactionBytes: number;
  readonly maxUncommittedBytes: number;
  readonly maxKeyLength: number;
  readonly maxValueSize: number;
  readonly maxHistoryVersions: number;
  readonly maxHistoryBytes: number;
  readonly copier: ValueCopier;
  /** Estimates the memory that a value and its key take, in bytes. */
  readonly estimateSize: (value: unknown, key: string) => number;
  readonly clock: Clock;
  readonly random: () => number;
}
