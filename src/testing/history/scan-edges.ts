import type { ScanRead } from './collect-reads.ts';
import { type DependencyGraph, PREDICATE_RW } from './dependency-graph.ts';
import type { HistoryIndex } from './history-index.ts';
import { firstFrom } from './key-versions.ts';

/**
 * Adds edges from each scan to the first writers of the keys that are in its range but were not found.
 *
 * A scan can miss as many keys as the history has. So the keys are the leaves of a tree of junctions, and a
 * gap between two found keys needs a logarithmic number of edges.
 */
export class ScanEdges {
  readonly #graph: DependencyGraph;
  readonly #index: HistoryIndex;
  readonly #leafCount: number;
  /**
   * The junction of tree node 0. Tree node n has the junction `firstJunction + n` and the children 2n and 2n
   * + 1.
   */
  readonly #firstJunction: number;

  constructor(graph: DependencyGraph, index: HistoryIndex) {
    this.#graph = graph;
    this.#index = index;
    this.#leafCount = index.keys.length;
    this.#firstJunction = graph.addJunction();
    for (let node = 1; node < 2 * this.#leafCount; node++) graph.addJunction();
    for (let node = 2; node < 2 * this.#leafCount; node++) {
      graph.add(this.#firstJunction + (node >> 1), this.#firstJunction + node, 0);
    }
  }

  /** Makes every scan that missed the key precede the writer of its first version. */
  addFirstVersion(key: number, nextVersion: number): void {
    const writer = this.#index.keys[key]?.writerOf(nextVersion);
    if (writer === undefined) return;
    this.#graph.add(this.#firstJunction + this.#leafCount + key, writer, 0, { key, nextVersion });
  }

  addScan(read: ScanRead, scan: number): void {
    const { from, to } = read.range;
    const end = to === undefined ? this.#leafCount : firstFrom(this.#index.keys, to);
    let start = firstFrom(this.#index.keys, from);
    for (const position of [...read.except].sort((a, b) => a - b)) {
      if (position >= end) break;
      if (position < start) continue;
      this.#addGap(read.reader, start, position, scan);
      start = position + 1;
    }
    this.#addGap(read.reader, start, end, scan);
  }

  #addGap(reader: number, start: number, end: number, scan: number): void {
    let low = start + this.#leafCount;
    let high = end + this.#leafCount;
    while (low < high) {
      if (low % 2 === 1) this.#graph.add(reader, this.#firstJunction + low++, PREDICATE_RW, { scan });
      if (high % 2 === 1) this.#graph.add(reader, this.#firstJunction + --high, PREDICATE_RW, { scan });
      low >>= 1;
      high >>= 1;
    }
  }
}
