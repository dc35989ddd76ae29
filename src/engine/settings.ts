import type { Clock } from '../clock.ts';
import type { ValueCopier } from './value-copier.ts';

/** The options of a store, checked and complete. Times are in milliseconds. */
export interface Settings {
  readonly lockTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxActiveTransactions: number;
  readonly maxTransactionWrites: number;
  readonly maxKeyLength: number;
  readonly maxValueSize: number;
  readonly maxHistoryVersions: number;
  readonly copier: ValueCopier;
  /** Estimates the heap that a value takes, in bytes. */
  readonly estimateSize: (value: unknown) => number;
  readonly clock: Clock;
  readonly random: () => number;
}
