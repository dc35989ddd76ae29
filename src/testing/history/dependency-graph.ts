import { NOBODY } from './key-versions.ts';

/**
 * Kinds of edges, as bits, so that a search can name the kinds it follows. An edge without any bit leads on
 * from a junction and is followed by every search that has come so far.
 */
export const WW = 1;
export const WR = 2;
export const PREDICATE_WR = 4;
export const RW = 8;
export const PREDICATE_RW = 16;
/** Alone: one ended before the other began. Beside another bit: that edge is known from real time only. */
export const REAL_TIME = 32;

/** What an edge is about, for the report; whatever does not apply is left out. */
export interface EdgeDetail {
  /** The position of the key. */
  readonly key?: number;
  /** The version that was read or replaced. */
  readonly version?: number;
  /** The version that replaced it. */
  readonly nextVersion?: number;
  /** The scan, as its place among all scans. */
  readonly scan?: number | undefined;
}

const NONE = -1;

/**
 * The direct serialization graph while it grows. Nodes up to `transactionCount` are transactions; the others
 * are junctions, which stand for "every one of these" where the edges themselves would be too many.
 */
export class DependencyGraph {
  readonly transactionCount: number;
  #nodeCount: number;
  readonly #sources: number[] = [];
  readonly #targets: number[] = [];
  readonly #kinds: number[] = [];
  readonly #keys: number[] = [];
  readonly #versions: number[] = [];
  readonly #nextVersions: number[] = [];
  readonly #scans: number[] = [];

  constructor(transactionCount: number) {
    this.transactionCount = transactionCount;
    this.#nodeCount = transactionCount;
  }

  get edgeCount(): number {
    return this.#sources.length;
  }

  /** A new junction. */
  addJunction(): number {
    return this.#nodeCount++;
  }

  /** Adds an edge, unless it leads nowhere: to the same transaction, or from the initial state. */
  add(source: number, target: number, kind: number, detail: EdgeDetail = {}): void {
    if (source === target || source === NOBODY || target === NOBODY) return;
    this.#sources.push(source);
    this.#targets.push(target);
    this.#kinds.push(kind);
    this.#keys.push(detail.key ?? NONE);
    this.#versions.push(detail.version ?? NONE);
    this.#nextVersions.push(detail.nextVersion ?? NONE);
    this.#scans.push(detail.scan ?? NONE);
  }

  /** The finished graph. */
  freeze(): FrozenGraph {
    const offsets = new Int32Array(this.#nodeCount + 1);
    for (const source of this.#sources) offsets[source + 1] = (offsets[source + 1] ?? 0) + 1;
    for (let node = 0; node < this.#nodeCount; node++) {
      offsets[node + 1] = (offsets[node + 1] ?? 0) + (offsets[node] ?? 0);
    }
    const place = offsets.slice();
    const order = new Int32Array(this.#sources.length);
    this.#sources.forEach((source, edge) => {
      const at = place[source] ?? 0;
      order[at] = edge;
      place[source] = at + 1;
    });
    const sorted = (values: readonly number[]): Int32Array => order.map((edge) => values[edge] ?? NONE);
    return {
      transactionCount: this.transactionCount,
      nodeCount: this.#nodeCount,
      offsets,
      sources: sorted(this.#sources),
      targets: sorted(this.#targets),
      kinds: sorted(this.#kinds),
      detail: (edge) => {
        const original = order[edge] ?? NONE;
        return {
          key: this.#keys[original] ?? NONE,
          version: this.#versions[original] ?? NONE,
          nextVersion: this.#nextVersions[original] ?? NONE,
          scan: this.#scans[original] ?? NONE,
        };
      },
    };
  }
}

/** A graph whose edges are sorted by their source: those of node n are `offsets[n]` up to `offsets[n + 1]`. */
export interface FrozenGraph {
  readonly transactionCount: number;
  readonly nodeCount: number;
  readonly offsets: Int32Array;
  readonly sources: Int32Array;
  readonly targets: Int32Array;
  readonly kinds: Int32Array;
  /** What an edge is about; -1 where it does not apply. */
  detail(edge: number): { key: number; version: number; nextVersion: number; scan: number };
}
