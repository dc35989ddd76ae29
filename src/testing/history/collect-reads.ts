import type { KeyRange } from '../../contract/key-range.ts';
import { AbsentReads } from './absent-reads.ts';
import { findListOrders, type ListOrder } from './find-list-orders.ts';
import type { Findings } from './findings.ts';
import type { HistoryIndex } from './history-index.ts';
import { readsOneState, respectsRealTime } from './isolation-level.ts';
import type { KeyVersions } from './key-versions.ts';
import { ReadVersions } from './read-versions.ts';
import { TransactionReads } from './transaction-reads.ts';

/** A version of a key that a transaction saw and that it had not written itself. */
export interface VersionRead {
  readonly reader: number;
  readonly versions: KeyVersions;
  readonly version: number;
  /** The scan that did not find the key, as its place in `scans`; undefined when the item itself was read. */
  readonly absentFromScan: number | undefined;
  readonly assumesRealTime: boolean;
}

/** The part of a scan that concerns keys that it did not find and that were never deleted. */
export interface ScanRead {
  readonly reader: number;
  readonly range: KeyRange;
  /** Positions of the keys that are accounted for by themselves, in no order. */
  readonly except: readonly number[];
}

/** All that committed transactions saw of each other. */
export interface CollectedReads {
  readonly reads: readonly VersionRead[];
  readonly scans: readonly ScanRead[];
  readonly listOrders: ReadonlyMap<KeyVersions, ListOrder>;
  /** The keys whose absence can have more than one cause. */
  readonly deletedKeys: ReadonlySet<KeyVersions>;
}

/** Walks through every transaction that counts, checks what it saw by itself, and collects the rest. */
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
