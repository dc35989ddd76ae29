import type { FrozenGraph } from './dependency-graph.ts';
import type { Components } from './find-components.ts';
import { PathFinder, type SearchLimits } from './path-finder.ts';

/** The maximum number of searches in one knot. In a larger knot, the cycle found may not be the shortest. */
const SEARCHES_PER_KNOT = 64;

/** Searches for cycles inside a knot: a set of transactions that all reach each other. */
export class CycleSearch {
  readonly #graph: FrozenGraph;
  readonly #paths: PathFinder;

  constructor(graph: FrozenGraph) {
    this.#graph = graph;
    this.#paths = new PathFinder(graph);
  }

  /** Returns a short cycle of edges of the kinds `allowed`. */
  shortest(knot: readonly number[], components: Components, allowed: number): number[] | undefined {
    const limits = { allowed, within: inside(knot, components) };
    let best: number[] | undefined;
    const starts = knot.filter((node) => node < this.#graph.transactionCount).sort((a, b) => a - b);
    for (const start of starts.slice(0, SEARCHES_PER_KNOT)) {
      const cycle = this.#paths.find(start, start, limits);
      if (cycle !== undefined && (best === undefined || this.#length(cycle) < this.#length(best)))
        best = cycle;
      if (best !== undefined && this.#length(best) === 2) break;
    }
    return best;
  }

  /**
   * Returns a short cycle that has exactly one edge of the kinds `single` and otherwise only edges of the
   * kinds `rest`.
   *
   * @param order - the components by the edges of the kinds `rest`. An edge of these kinds never leads to a
   * component with a greater number. So the way back from an edge visits only components between those of its
   * two ends.
   */
  withSingleEdge(
    knot: readonly number[],
    components: Components,
    order: Components,
    single: number,
    rest: number,
  ): number[] | undefined {
    const { sources, targets } = this.#graph;
    const isInside = inside(knot, components);
    const place = (node: number | undefined): number => order.componentOf[node ?? -1] ?? -1;
    const span = (edge: number): number => place(targets[edge]) - place(sources[edge]);
    const candidates = this.#edgesWithin(knot, isInside, single | rest)
      .filter((edge) => ((this.#graph.kinds[edge] ?? 0) & single) !== 0 && span(edge) >= 0)
      .sort((a, b) => span(a) - span(b));

    let best: number[] | undefined;
    const budget = this.#paths.visits + SEARCHES_PER_KNOT * this.#edgesWithin(knot, isInside, ~0).length;
    for (const edge of candidates) {
      const goal = sources[edge] ?? 0;
      const limits: SearchLimits = {
        allowed: rest,
        within: (node) => isInside(node) && place(node) >= place(goal),
      };
      const back = this.#paths.find(targets[edge] ?? 0, goal, limits);
      const cycle = back === undefined ? undefined : [edge, ...back];
      if (cycle !== undefined && (best === undefined || this.#length(cycle) < this.#length(best)))
        best = cycle;
      if (best !== undefined && (this.#length(best) === 2 || this.#paths.visits > budget)) break;
      if (this.#paths.visits > budget) break;
    }
    return best;
  }

  #edgesWithin(knot: readonly number[], isInside: (node: number) => boolean, allowed: number): number[] {
    const { offsets, targets, kinds } = this.#graph;
    const edges: number[] = [];
    for (const node of knot) {
      for (let edge = offsets[node] ?? 0; edge < (offsets[node + 1] ?? 0); edge++) {
        if (((kinds[edge] ?? 0) & ~allowed) === 0 && isInside(targets[edge] ?? 0)) edges.push(edge);
      }
    }
    return edges;
  }

  /** Returns the number of transactions in a cycle. */
  #length(cycle: readonly number[]): number {
    const { sources, transactionCount } = this.#graph;
    return cycle.filter((edge) => (sources[edge] ?? 0) < transactionCount).length;
  }
}

function inside(knot: readonly number[], components: Components): (node: number) => boolean {
  const component = components.componentOf[knot[0] ?? 0];
  return (node) => components.componentOf[node] === component;
}
