import type { KeyRange } from '../../contract/key-range.ts';
import { AbsentReads } from './absent-reads.ts';
import { findListOrders, type ListOrder } from './find-list-orders.ts';
import type { Findings } from './findings.ts';
import type { HistoryIndex } from './history-index.ts';
import { readsOneState, respectsRealTime } from './isolation-level.ts';
import type { KeyVersions } from './key-versions.ts';
import { ReadVersions } from './read-versions.ts';
import { TransactionReads } from './transaction-reads.ts';

/** One version of a key that a transaction saw and that another transaction wrote. */
export interface VersionRead {
  readonly reader: number;
  readonly versions: KeyVersions;
  readonly version: number;
  /**
   * The index in `scans` of the scan that did not find the key, or `undefined` if the key itself was read.
   */
  readonly absentFromScan: number | undefined;
  readonly assumesRealTime: boolean;
}

/**
 * One scan, as a read of the absence of keys. It excludes the keys in `except` and all keys that were ever
 * deleted.
 */
export interface ScanRead {
  readonly reader: number;
  readonly range: KeyRange;
  /** The positions of the keys in the range that have their own `VersionRead`, in no particular order. */
  readonly except: readonly number[];
}

/** Everything that committed transactions read from each other. */
export interface CollectedReads {
  readonly reads: readonly VersionRead[];
  readonly scans: readonly ScanRead[];
  readonly listOrders: ReadonlyMap<KeyVersions, ListOrder>;
  /** The keys that were deleted, so that their absence can have more than one cause. */
  readonly deletedKeys: ReadonlySet<KeyVersions>;
}

/** Checks the reads of every included transaction on their own, and collects them for the graph. */
export function collectReads(index: HistoryIndex, findings: Findings): CollectedReads {
  const listOrders = findListOrders(index, findings);
  const versions = new ReadVersions(index, listOrders, findings);
  const { level } = findings;
  const absences = new AbsentReads(index, {
    realTime: respectsRealTime(level),
    oneState: readsOneState(level),
  });
  const reads: VersionRead[] = [];
  const scans: ScanRead[] = [];
  const context = { index, versions, absences, reads, scans, findings };
  index.transactions.forEach((transaction, reader) => {
    if (index.isIncluded(reader)) new TransactionReads(reader, context).walk(transaction.operations);
  });
  return { reads, scans, listOrders, deletedKeys: absences.deletedKeys };
}
