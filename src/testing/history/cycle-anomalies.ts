import type { ScanRead } from './collect-reads.ts';
import { CycleSearch } from './cycle-search.ts';
import { cycleSteps } from './cycle-steps.ts';
import { type FrozenGraph, PREDICATE_RW, PREDICATE_WR, REAL_TIME, RW, WR, WW } from './dependency-graph.ts';
import { explainCycle } from './explain-cycle.ts';
import { type Components, findComponents } from './find-components.ts';
import type { Findings } from './findings.ts';
import type { HistoryIndex } from './history-index.ts';
import type { AnomalyName } from './history-report.ts';

/** One kind of cycle to search for. */
interface CycleClass {
  readonly name: AnomalyName;
  /** The kinds of edges that may occur any number of times. */
  readonly any: number;
  /**
   * A cycle of this class has exactly one edge of these kinds. The value 0 means that the class has no such
   * rule.
   */
  readonly single: number;
  /**
   * The severity of the anomaly: a smaller rank is worse. A class is not searched in a knot that has an
   * anomaly of a smaller rank.
   */
  readonly rank: number;
}

/** The rank of lost updates and fuzzy reads. They are found without a search but also explain a knot. */
export const DIRECT_RANK = 2;

const ANY_RANK = 255;
const DEPENDENCIES = WW | WR | PREDICATE_WR;

/**
 * The cycle classes of Adya's thesis. Each class is searched only in knots that no worse cycle explains. So
 * each cycle that is found contains the edge that is typical for its class. G2-item and the G-single class
 * with predicates have the same rank, because repeatable read forbids only the first and snapshot isolation
 * only the second.
 */
const CLASSES: readonly CycleClass[] = [
  { name: 'G0', any: WW, single: 0, rank: 0 },
  { name: 'G1c', any: DEPENDENCIES, single: 0, rank: 1 },
  { name: 'G-single', any: DEPENDENCIES, single: RW, rank: 3 },
  { name: 'G2-item', any: DEPENDENCIES | RW, single: 0, rank: 4 },
  { name: 'G-single', any: DEPENDENCIES, single: RW | PREDICATE_RW, rank: 4 },
  { name: 'G2', any: DEPENDENCIES | RW | PREDICATE_RW, single: 0, rank: 5 },
  { name: 'G0-realtime', any: WW | REAL_TIME, single: 0, rank: 6 },
  { name: 'G1c-realtime', any: DEPENDENCIES | REAL_TIME, single: 0, rank: 7 },
  { name: 'G-single-realtime', any: DEPENDENCIES | REAL_TIME, single: RW, rank: 8 },
  { name: 'G2-item-realtime', any: DEPENDENCIES | REAL_TIME | RW, single: 0, rank: 9 },
  { name: 'G-single-realtime', any: DEPENDENCIES | REAL_TIME, single: RW | PREDICATE_RW, rank: 9 },
  { name: 'G2-realtime', any: DEPENDENCIES | REAL_TIME | RW | PREDICATE_RW, single: 0, rank: 10 },
];

/** Finds the cycles of a history and names them. */
export class CycleAnomalies {
  readonly #graph: FrozenGraph;
  readonly #search: CycleSearch;
  /** The rank of the worst anomaly that each transaction takes part in. */
  readonly #rankAt: Uint8Array;

  constructor(graph: FrozenGraph) {
    this.#graph = graph;
    this.#search = new CycleSearch(graph);
    this.#rankAt = new Uint8Array(graph.nodeCount).fill(ANY_RANK);
  }

  /** Marks the knot of the transaction as explained by an anomaly that is already reported. */
  explain(transaction: number, rank: number): void {
    this.#rankAt[transaction] = Math.min(rank, this.#rankAt[transaction] ?? ANY_RANK);
  }

  /** Reports the cycles of the graph. Call `explain` for all other anomalies first. */
  report(index: HistoryIndex, scans: readonly ScanRead[], findings: Findings): void {
    // A history without cycles needs only this one pass.
    const { knots } = findComponents(this.#graph, ~0);
    if (knots.length === 0) return;
    const entangled = new Uint8Array(this.#graph.nodeCount);
    for (const knot of knots) for (const node of knot) entangled[node] = 1;
    const within = (node: number): boolean => entangled[node] === 1;

    for (const cycleClass of CLASSES) {
      for (const cycle of this.#cyclesOf(cycleClass, within)) {
        const steps = cycleSteps(this.#graph, cycle, index, scans);
        const transactions = steps.map(({ from }) => index.indexOf(from) ?? 0);
        for (const transaction of transactions) this.explain(transaction, cycleClass.rank);
        findings.add(cycleClass.name, transactions, explainCycle(cycleClass.name, steps), steps);
      }
    }
  }

  #cyclesOf({ any, single, rank }: CycleClass, within: (node: number) => boolean): number[][] {
    const components = findComponents(this.#graph, any | single, within);
    const unexplained = components.knots.filter((knot) => !this.#isExplained(knot, rank));
    if (unexplained.length === 0) return [];
    const order: Components | undefined = single === 0 ? undefined : findComponents(this.#graph, any, within);
    return unexplained
      .map((knot) =>
        order === undefined
          ? this.#search.shortest(knot, components, any)
          : this.#search.withSingleEdge(knot, components, order, single, any),
      )
      .filter((cycle) => cycle !== undefined);
  }

  #isExplained(knot: readonly number[], rank: number): boolean {
    return knot.some((node) => (this.#rankAt[node] ?? ANY_RANK) < rank);
  }
}
