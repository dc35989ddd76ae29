import type { FrozenGraph } from './dependency-graph.ts';

/** The strongly connected components of a graph, or of a part of it. */
export interface Components {
  /**
   * The number of the component of each node, or -1 for nodes outside the part. An edge between two
   * components leads from the greater number to the smaller one.
   */
  readonly componentOf: Int32Array;
  /** The nodes of every component that has more than one node. Such a component is called a knot. */
  readonly knots: readonly (readonly number[])[];
}

const UNVISITED = -1;

/**
 * Finds the strongly connected components with Tarjan's algorithm. It uses an explicit stack instead of
 * recursion, so that a long history does not overflow the call stack.
 *
 * @param allowed - the kinds of edges to follow, as bits.
 * @param within - returns whether a node belongs to the part. By default, all nodes do.
 */
export function findComponents(
  graph: FrozenGraph,
  allowed: number,
  within?: (node: number) => boolean,
): Components {
  const { nodeCount, offsets, targets, kinds } = graph;
  const componentOf = new Int32Array(nodeCount).fill(UNVISITED);
  const order = new Int32Array(nodeCount).fill(UNVISITED);
  const low = new Int32Array(nodeCount);
  const nextEdge = new Int32Array(nodeCount);
  const knots: number[][] = [];
  const open: number[] = [];
  const path: number[] = [];
  let visited = 0;
  let components = 0;

  const enter = (node: number): void => {
    order[node] = visited;
    low[node] = visited++;
    nextEdge[node] = offsets[node] ?? 0;
    open.push(node);
    path.push(node);
  };
  const lower = (node: number, to: number): void => {
    if (to < (low[node] ?? 0)) low[node] = to;
  };
  /** Returns the target of the next edge to follow from the node, or `undefined` after the last one. */
  const step = (node: number): number | undefined => {
    const end = offsets[node + 1] ?? 0;
    for (let edge = nextEdge[node] ?? end; edge < end; edge++) {
      if (((kinds[edge] ?? 0) & ~allowed) !== 0) continue;
      const target = targets[edge] ?? 0;
      if (within !== undefined && !within(target)) continue;
      nextEdge[node] = edge + 1;
      return target;
    }
    nextEdge[node] = end;
    return undefined;
  };
  const leave = (node: number): void => {
    path.pop();
    const parent = path.at(-1);
    if (parent !== undefined) lower(parent, low[node] ?? 0);
    if (low[node] !== order[node]) return;
    const members: number[] = [];
    let member: number | undefined;
    do {
      member = open.pop();
      if (member === undefined) break;
      componentOf[member] = components;
      members.push(member);
    } while (member !== node);
    components++;
    if (members.length > 1) knots.push(members);
  };

  for (let root = 0; root < nodeCount; root++) {
    if (order[root] !== UNVISITED || (within !== undefined && !within(root))) continue;
    enter(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const target = step(node);
      if (target === undefined) leave(node);
      else if (order[target] === UNVISITED) enter(target);
      else if (componentOf[target] === UNVISITED) lower(node, order[target] ?? 0);
    }
  }
  return { componentOf, knots };
}
