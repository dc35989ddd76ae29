import { NOBODY } from './key-versions.ts';

/**
 * Kinds of edges, as bits, so that a search can name the kinds it follows. An edge without any bit leads out
 * of a junction, and every search follows it.
 */
export const WW = 1;
export const WR = 2;
export const PREDICATE_WR = 4;
export const RW = 8;
export const PREDICATE_RW = 16;
/**
 * Alone, this bit means that one transaction ended before the other began. Together with another bit, it
 * means that the edge was inferred from real time.
 */
export const REAL_TIME = 32;

/** Details of an edge for the report. Properties that do not apply are omitted. */
export interface EdgeDetail {
  /** The position of the key in key order. */
  readonly key?: number;
  /** The version that was read or replaced. */
  readonly version?: number;
  /** The version that replaced `version`. */
  readonly nextVersion?: number;
  /** The index of the scan. */
  readonly scan?: number | undefined;
}

const NONE = -1;

/** Offsets of the fields in the row of an edge. The source has offset 0. */
const TARGET = 1;
const KIND = 2;
const KEY = 3;
const VERSION = 4;
const NEXT_VERSION = 5;
const SCAN = 6;
const ROW = 7;

/**
 * The direct serialization graph while it is built. Nodes below `transactionCount` are transactions. The
 * others are junctions: an edge to a junction stands for edges to all targets of the junction. Junctions are
 * used where direct edges would be too many.
 */
export class DependencyGraph {
  readonly transactionCount: number;
  #nodeCount: number;
  #edgeCount = 0;
  /**
   * One row for each edge. All rows are in one array of integers, because a long history has millions of
   * edges.
   */
  #rows = new Int32Array(ROW * 1024);

  constructor(transactionCount: number) {
    this.transactionCount = transactionCount;
    this.#nodeCount = transactionCount;
  }

  get edgeCount(): number {
    return this.#edgeCount;
  }

  /** Adds a junction and returns its node. */
  addJunction(): number {
    return this.#nodeCount++;
  }

  /** Adds an edge, unless both ends are the same transaction or one of them is the initial state. */
  add(source: number, target: number, kind: number, detail: EdgeDetail = {}): void {
    if (source === target || source === NOBODY || target === NOBODY) return;
    const row = this.#edgeCount++ * ROW;
    if (row === this.#rows.length) this.#grow();
    this.#rows[row] = source;
    this.#rows[row + TARGET] = target;
    this.#rows[row + KIND] = kind;
    this.#rows[row + KEY] = detail.key ?? NONE;
    this.#rows[row + VERSION] = detail.version ?? NONE;
    this.#rows[row + NEXT_VERSION] = detail.nextVersion ?? NONE;
    this.#rows[row + SCAN] = detail.scan ?? NONE;
  }

  #grow(): void {
    const larger = new Int32Array(this.#rows.length * 2);
    larger.set(this.#rows);
    this.#rows = larger;
  }

  /** Returns the finished graph, with the edges sorted by source. */
  freeze(): FrozenGraph {
    const rows = this.#rows;
    const offsets = new Int32Array(this.#nodeCount + 1);
    const order = new Int32Array(this.#edgeCount);
    const rowOf = (edge: number): number => (order[edge] ?? 0) * ROW;
    const column = (offset: number): Int32Array => order.map((edge) => rows[edge * ROW + offset] ?? NONE);
    for (let edge = 0; edge < this.#edgeCount; edge++) {
      const source = rows[edge * ROW] ?? 0;
      offsets[source + 1] = (offsets[source + 1] ?? 0) + 1;
    }
    for (let node = 0; node < this.#nodeCount; node++) {
      offsets[node + 1] = (offsets[node + 1] ?? 0) + (offsets[node] ?? 0);
    }
    const place = offsets.slice();
    for (let edge = 0; edge < this.#edgeCount; edge++) {
      const source = rows[edge * ROW] ?? 0;
      const at = place[source] ?? 0;
      order[at] = edge;
      place[source] = at + 1;
    }
    return {
      transactionCount: this.transactionCount,
      nodeCount: this.#nodeCount,
      offsets,
      sources: column(0),
      targets: column(TARGET),
      kinds: column(KIND),
      detail: (edge) => ({
        key: rows[rowOf(edge) + KEY] ?? NONE,
        version: rows[rowOf(edge) + VERSION] ?? NONE,
        nextVersion: rows[rowOf(edge) + NEXT_VERSION] ?? NONE,
        scan: rows[rowOf(edge) + SCAN] ?? NONE,
      }),
    };
  }
}

/**
 * A graph whose edges are sorted by source. The edges of node n have the indexes from `offsets[n]` up to, but
 * not including, `offsets[n + 1]`.
 */
export interface FrozenGraph {
  readonly transactionCount: number;
  readonly nodeCount: number;
  readonly offsets: Int32Array;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
  readonly kinds: Int32Array;
  /** Returns the details of an edge, with -1 for values that do not apply. */
  detail(edge: number): { key: number; version: number; nextVersion: number; scan: number };
}
