import type { ScanRead } from './collect-reads.ts';
import { type FrozenGraph, PREDICATE_RW, PREDICATE_WR, REAL_TIME, RW, WR } from './dependency-graph.ts';
import type { HistoryValue } from './history.ts';
import type { HistoryIndex } from './history-index.ts';
import type { DependencyKind, DependencyStep } from './history-report.ts';

/** Converts the edges of a cycle to steps between transactions, leaving out the junctions. */
export function cycleSteps(
  graph: FrozenGraph,
  cycle: readonly number[],
  index: HistoryIndex,
  scans: readonly ScanRead[],
): DependencyStep[] {
  const start = cycle.findIndex((edge) => (graph.sources[edge] ?? 0) < graph.transactionCount);
  const steps: DependencyStep[] = [];
  let way: number[] = [];
  for (const edge of [...cycle.slice(start), ...cycle.slice(0, start)]) {
    way.push(edge);
    if ((graph.targets[edge] ?? 0) >= graph.transactionCount) continue;
    steps.push(step(graph, way, index, scans));
    way = [];
  }
  return steps;
}

function step(
  graph: FrozenGraph,
  way: readonly number[],
  index: HistoryIndex,
  scans: readonly ScanRead[],
): DependencyStep {
  const first = way[0] ?? 0;
  const details = way.map((edge) => graph.detail(edge));
  // The edge into a junction has the version that was read. The edge out of it has the version that replaced
  // it.
  const versions = index.keys[details.find(({ key }) => key >= 0)?.key ?? -1];
  const valueAt = (version: number | undefined): HistoryValue | undefined => versions?.values[version ?? -1];
  const bits = graph.kinds[first] ?? 0;
  return {
    from: index.idOf(graph.sources[first] ?? 0),
    to: index.idOf(graph.targets[way.at(-1) ?? 0] ?? 0),
    kind: kindOf(bits),
    key: versions?.key,
    range: scans[details[0]?.scan ?? -1]?.range,
    value: valueAt(details[0]?.version),
    nextValue: valueAt(details.find(({ nextVersion }) => nextVersion >= 0)?.nextVersion),
    assumesRealTime: (bits & REAL_TIME) !== 0 && bits !== REAL_TIME,
  };
}

function kindOf(bits: number): DependencyKind {
  if ((bits & RW) !== 0) return 'rw';
  if ((bits & PREDICATE_RW) !== 0) return 'predicate-rw';
  if ((bits & WR) !== 0) return 'wr';
  if ((bits & PREDICATE_WR) !== 0) return 'predicate-wr';
  return bits === REAL_TIME ? 'realtime' : 'ww';
}
