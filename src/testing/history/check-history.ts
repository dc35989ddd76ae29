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
   * What the store promises. Real time is considered only for `strict-serializable`.
   * @default 'strict-serializable'
   */
  readonly level?: IsolationLevel | undefined;
  /**
   * The order of the versions of registers, where the store can tell it: for each key its values from the
   * first to the last, a marked delete by its mark. Values that did not stay to the commit are passed over.
   * @default traced from transactions that read one version and wrote another
   */
  readonly versionOrder?: ReadonlyMap<string, readonly HistoryValue[]> | undefined;
  /**
   * The order in which transactions committed, where the store can tell it and installs versions in that
   * order. It gives the order of versions of every register that `versionOrder` leaves out.
   */
  readonly commitOrder?: readonly TransactionId[] | undefined;
}

/**
 * Checks what the clients of a store saw against what the store promises, in the manner of Elle (Kingsbury
 * and Alvaro, VLDB 2020): infers who must come before whom, and looks for cycles that Adya's thesis (1999)
 * names. Every anomaly it reports is real; how many it can see depends on how much the reads tell.
 *
 * Takes time near linear in the size of the history.
 *
 * @throws TypeError when the history does not have the form of a {@link History}, for example a misspelt
 * `status`; or contradicts itself: two transactions with one id, one value written to a key twice, a key that
 * is both a list and a register, an end before its begin.
 * @throws {MemStoreError} INVALID_OPTION for an option that is unknown or wrong
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
