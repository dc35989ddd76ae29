import type { FrozenGraph } from './dependency-graph.ts';

/** The part of the graph that a search may visit. */
export interface SearchLimits {
  /** The kinds of edges to follow, as bits. */
  readonly allowed: number;
  /** Returns whether a search may visit the node. */
  within(node: number): boolean;
}

/** Finds shortest paths. One finder can run many searches without resetting its arrays. */
export class PathFinder {
  /** The number of edges that all searches together have visited. */
  visits = 0;
  readonly #graph: FrozenGraph;
  readonly #parentEdge: Int32Array;
  readonly #seenIn: Int32Array;
  #search = 0;

  constructor(graph: FrozenGraph) {
    this.#graph = graph;
    this.#parentEdge = new Int32Array(graph.nodeCount);
    this.#seenIn = new Int32Array(graph.nodeCount);
  }

  /**
   * Returns the edges of a shortest path, or `undefined` if there is none. If `from` and `to` are equal, the
   * path is a cycle. The search is breadth-first. Junctions do not count towards the length.
   */
  find(from: number, to: number, limits: SearchLimits): number[] | undefined {
    this.#search++;
    let level = [from];
    while (level.length > 0) {
      const next: number[] = [];
      for (const node of level) {
        if (this.#expand(node, to, limits, next)) return this.#trace(from, to);
      }
      level = next;
    }
    return undefined;
  }

  /**
   * Returns whether the goal was reached. Adds the transactions it discovers to `next`, including those
   * behind junctions.
   */
  #expand(start: number, to: number, limits: SearchLimits, next: number[]): boolean {
    const { offsets, targets, kinds, transactionCount } = this.#graph;
    const pending = [start];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const end = offsets[node + 1] ?? 0;
      for (let edge = offsets[node] ?? end; edge < end; edge++) {
        this.visits++;
        const target = targets[edge] ?? 0;
        if (((kinds[edge] ?? 0) & ~limits.allowed) !== 0 || this.#seenIn[target] === this.#search) continue;
        if (!limits.within(target)) continue;
        this.#seenIn[target] = this.#search;
        this.#parentEdge[target] = edge;
        if (target === to) return true;
        if (target < transactionCount) next.push(target);
        else pending.push(target);
      }
    }
    return false;
  }

  #trace(from: number, to: number): number[] {
    const edges: number[] = [];
    let node = to;
    do {
      const edge = this.#parentEdge[node] ?? 0;
      edges.push(edge);
      node = this.#graph.sources[edge] ?? from;
    } while (node !== from);
    return edges.reverse();
  }
}
