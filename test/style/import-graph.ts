import type { SourceFacts } from './source-facts.ts';

type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * Returns groups of files that import each other at run time. In such a group the load order would matter.
 */
export function runtimeCycles(sources: readonly SourceFacts[]): string[][] {
  return cycles(graphOf(sources, false));
}

/** Returns the import cycles between files of different folders of `src/`, including imports of types. */
export function cyclesAcrossFolders(sources: readonly SourceFacts[]): string[][] {
  const folder = (path: string): string | undefined => path.split('/')[0];
  return cycles(graphOf(sources, true)).filter((group) => new Set(group.map(folder)).size > 1);
}

/** Returns the files that no entry imports, directly or indirectly. */
export function unreachable(sources: readonly SourceFacts[], entries: readonly string[]): string[] {
  const graph = graphOf(sources, true);
  const seen = new Set(entries);
  // Iteration over a Set includes the elements that are added during it.
  for (const path of seen) {
    for (const target of graph.get(path) ?? []) seen.add(target);
  }
  return [...graph.keys()].filter((path) => !seen.has(path));
}

function graphOf(sources: readonly SourceFacts[], withTypes: boolean): Graph {
  return new Map(
    sources.map(({ path, imports }) => [
      path,
      imports
        .filter(({ relative, typeOnly }) => relative && (withTypes || !typeOnly))
        .map(({ target }) => target),
    ]),
  );
}

/**
 * Returns groups of files that reach each other. The graph is small, so the plain definition is fast enough.
 */
function cycles(graph: Graph): string[][] {
  const reach = new Map([...graph.keys()].map((path) => [path, reachableFrom(graph, path)]));
  const groups = new Map<string, string[]>();
  for (const [path, targets] of reach) {
    if (!targets.has(path)) continue;
    const group = [...targets].filter((target) => reach.get(target)?.has(path)).sort();
    groups.set(group.join(), group);
  }
  return [...groups.values()];
}

function reachableFrom(graph: Graph, start: string): ReadonlySet<string> {
  const seen = new Set(graph.get(start));
  for (const path of seen) {
    for (const target of graph.get(path) ?? []) seen.add(target);
  }
  return seen;
}
