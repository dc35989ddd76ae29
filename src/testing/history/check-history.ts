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
   * The order of the versions of registers, if the store knows it. For each key, it lists the values from
   * first to last, including the marks of deletes that have one. Values that their own transaction replaced
   * are ignored.
   * @default inferred from transactions that read one version and wrote another
   */
  readonly versionOrder?: ReadonlyMap<string, readonly HistoryValue[]> | undefined;
  /**
   * The order of the commits, if the store knows it and installs versions in that order. It defines the
   * version order of every register that `versionOrder` omits.
   * @default none
   */
  readonly commitOrder?: readonly TransactionId[] | undefined;
}

/**
 * Checks a history of reads and writes against an isolation level, using the method of Elle (Kingsbury and
 * Alvaro, VLDB 2020). It infers the order of the transactions and searches for the cycles that Adya's thesis
 * (1999) defines. Every reported anomaly is real. Which anomalies it can find depends on the reads in the
 * history.
 *
 * The time is nearly linear in the size of the history.
 * @throws {TypeError} if the history does not match the type {@link History} or contradicts itself. For
 * example, two transactions have the same id, or a transaction ends before it begins. Or one value is written
 * twice to a key, or a key is both a list and a register.
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

/**
 * Adds all edges except the real-time edges. Also reports lost updates, because it has the reads of each key.
 */
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
