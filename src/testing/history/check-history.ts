import { addRealTimeEdges } from './add-real-time-edges.ts';
import { checkHistoryInput, checkHistoryOptions } from './check-history-input.ts';
import { type CollectedReads, collectReads, type VersionRead } from './collect-reads.ts';
import { CycleAnomalies, DIRECT_RANK } from './cycle-anomalies.ts';
import { DependencyGraph } from './dependency-graph.ts';
import { Findings } from './findings.ts';
import type { History, HistoryValue, TransactionId } from './history.ts';
import { HistoryIndex } from './history-index.ts';
import type { HistoryReport } from './history-report.ts';
import { type IsolationLevel, readsOneState, respectsRealTime } from './isolation-level.ts';
import { ItemEdges } from './item-edges.ts';
import { INITIAL } from './key-versions.ts';
import { reportLostUpdates } from './report-lost-updates.ts';
import { ScanEdges } from './scan-edges.ts';
import { VersionOrders } from './version-orders.ts';

/** Options of `checkHistory`. */
export interface HistoryOptions {
  /**
   * The isolation level that the store promises. Only `strict-serializable` considers real time.
   * @default 'strict-serializable'
   */
  readonly level?: IsolationLevel | undefined;
  /**
   * The order of the versions of registers, if the store knows it: for each key, its values from the first to
   * the last, and the mark of each marked delete. Values that were replaced before the commit are ignored.
   * @default inferred from transactions that read one version and wrote another
   */
  readonly versionOrder?: ReadonlyMap<string, readonly HistoryValue[]> | undefined;
  /**
   * The order of the commits, if the store knows it and installs versions in that order. It gives the order
   * of versions of every register that `versionOrder` omits.
   * @default none
   */
  readonly commitOrder?: readonly TransactionId[] | undefined;
}

/**
 * Checks a history of reads and writes against an isolation level, as Elle does (Kingsbury and Alvaro, VLDB
 * 2020). It infers the order of the transactions, and searches for the cycles that Adya's thesis (1999)
 * names. Every reported anomaly is real. The number of anomalies that it can find depends on the reads.
 *
 * The time is nearly linear in the size of the history.
 * @throws {TypeError} if the history does not have the form of a {@link History}, or contradicts itself: two
 * transactions with one id, one value written twice to a key, a key that is both a list and a register, an
 * end before its begin
 * @throws {MemStoreError} INVALID_OPTION
 * @example
 * const report = checkHistory({
 *   transactions: [
 *     { id: 1, status: 'committed', operations: [{ type: 'write', key: 'a', value: 1 }] },
 *     { id: 2, status: 'committed', operations: [{ type: 'read', key: 'a', value: 1 }] },
 *   ],
 * });
 * console.log(report.valid); // true
 */
export function checkHistory(history: History, options: HistoryOptions = {}): HistoryReport {
  checkHistoryOptions(options);
  checkHistoryInput(history);
  const level = options.level ?? 'strict-serializable';
  const index = new HistoryIndex(history, options);
  const findings = new Findings(index, level);
  const collected = collectReads(index, findings);

  const graph = new DependencyGraph(history.transactions.length);
  addDependencies(graph, index, collected, options, findings);
  if (respectsRealTime(level)) addRealTimeEdges(graph, index);

  const cycles = new CycleAnomalies(graph.freeze());
  for (const transaction of findings.entangled) cycles.explain(transaction, DIRECT_RANK);
  cycles.report(index, collected.scans, findings);
  const anomalies = findings.worstFirst();
  return {
    valid: !anomalies.some(({ forbidden }) => forbidden),
    level,
    anomalies,
    transactions: history.transactions.length,
    edges: graph.edgeCount,
  };
}

/** Adds all edges but those of real time, and reports lost updates, which show in the same reads. */
function addDependencies(
  graph: DependencyGraph,
  index: HistoryIndex,
  { reads, scans, listOrders, deletedKeys }: CollectedReads,
  options: HistoryOptions,
  findings: Findings,
): void {
  const { level } = findings;
  const orders = new VersionOrders(index, listOrders, options, readsOneState(level));
  const itemEdges = new ItemEdges(graph, index, respectsRealTime(level));
  const scanEdges = scans.length > 0 ? new ScanEdges(graph, index) : undefined;
  const readsByKey = groupByKey(index, reads);
  for (const versions of index.keys) {
    const keyReads = readsByKey[versions.position] ?? [];
    const order = orders.of(versions, keyReads);
    itemEdges.addKey(versions, order, keyReads);
    reportLostUpdates(index, versions, keyReads, findings);
    if (deletedKeys.has(versions)) continue;
    for (const version of order.successors.get(INITIAL) ?? [])
      scanEdges?.addFirstVersion(versions.position, version);
  }
  scans.forEach((scan, place) => {
    scanEdges?.addScan(scan, place);
  });
}

function groupByKey(index: HistoryIndex, reads: readonly VersionRead[]): readonly VersionRead[][] {
  const groups: VersionRead[][] = index.keys.map(() => []);
  for (const read of reads) groups[read.versions.position]?.push(read);
  return groups;
}
