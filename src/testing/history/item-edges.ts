import type { VersionRead } from './collect-reads.ts';
import {
  type DependencyGraph,
  PREDICATE_RW,
  PREDICATE_WR,
  REAL_TIME,
  RW,
  WR,
  WW,
} from './dependency-graph.ts';
import type { HistoryIndex } from './history-index.ts';
import { INITIAL, type KeyVersions, NOBODY } from './key-versions.ts';
import { RealTimeVersions } from './real-time-versions.ts';
import type { VersionOrder } from './version-orders.ts';

/** Adds the edges that follow from the versions of one key and the reads of them. */
export class ItemEdges {
  readonly #graph: DependencyGraph;
  readonly #index: HistoryIndex;
  readonly #usesRealTime: boolean;

  constructor(graph: DependencyGraph, index: HistoryIndex, usesRealTime: boolean) {
    this.#graph = graph;
    this.#index = index;
    this.#usesRealTime = usesRealTime;
  }

  /**
   * Adds the edges of one key.
   * @param reads - every read of the key.
   */
  addKey(versions: KeyVersions, order: VersionOrder, reads: readonly VersionRead[]): void {
    this.#addReplacements(versions, order);
    const readsByVersion = new Map<number, VersionRead[]>();
    for (const read of reads) {
      this.#addReadFrom(read);
      const group = readsByVersion.get(read.version);
      if (group === undefined) readsByVersion.set(read.version, [read]);
      else group.push(read);
    }
    for (const [version, group] of readsByVersion) {
      this.#addReplacedReads(versions, group, order.successors.get(version) ?? []);
    }
    if (this.#usesRealTime && !order.isTotal) this.#addStaleReads(versions, order, reads);
  }

  #addReplacements(versions: KeyVersions, order: VersionOrder): void {
    for (const [version, successors] of order.successors) {
      for (const nextVersion of successors) {
        const detail = { key: versions.position, version, nextVersion };
        this.#graph.add(versions.writerOf(version), versions.writerOf(nextVersion), WW, detail);
      }
    }
  }

  #addReadFrom(read: VersionRead): void {
    const { versions, version, absentFromScan: scan } = read;
    const kind = (scan === undefined ? WR : PREDICATE_WR) | guess(read);
    this.#graph.add(versions.writerOf(version), read.reader, kind, { key: versions.position, version, scan });
  }

  /**
   * Adds edges from every reader of a version to every writer of a successor, except from a transaction to
   * itself. With junctions, the number of edges is the sum of readers and writers, not the product.
   */
  #addReplacedReads(
    versions: KeyVersions,
    reads: readonly VersionRead[],
    successors: readonly number[],
  ): void {
    const [only] = successors;
    if (only === undefined) return;
    if (successors.length === 1) {
      for (const read of reads) this.#addReplacedRead(read, versions.writerOf(only), only);
      return;
    }
    const readers = new Set(reads.map(({ reader }) => reader));
    const all = this.#graph.addJunction();
    const onlyOthers = this.#graph.addJunction();
    this.#graph.add(all, onlyOthers, 0);
    const readingSuccessors: number[] = [];
    for (const nextVersion of successors) {
      const writer = versions.writerOf(nextVersion);
      const isReader = readers.has(writer);
      if (isReader) readingSuccessors.push(nextVersion);
      this.#graph.add(isReader ? all : onlyOthers, writer, 0, { key: versions.position, nextVersion });
    }
    const writersThatRead = new Set(readingSuccessors.map((version) => versions.writerOf(version)));
    for (const read of reads) {
      this.#addReplacedRead(read, writersThatRead.has(read.reader) ? onlyOthers : all, undefined);
    }
    this.#addRing(versions, reads, readingSuccessors);
  }

  /**
   * Handles transactions that both read a version and replaced it. Each of them precedes all the others. A
   * ring of edges makes them reach each other with fewer edges.
   */
  #addRing(versions: KeyVersions, reads: readonly VersionRead[], replacements: readonly number[]): void {
    const readBy = new Map(reads.map((read) => [read.reader, read]));
    replacements.forEach((version, place) => {
      const next = replacements[(place + 1) % replacements.length];
      const read = readBy.get(versions.writerOf(version));
      if (next !== undefined && read !== undefined)
        this.#addReplacedRead(read, versions.writerOf(next), next);
    });
  }

  #addReplacedRead(read: VersionRead, target: number, nextVersion: number | undefined): void {
    const { versions, version, absentFromScan: scan } = read;
    const kind = (scan === undefined ? RW : PREDICATE_RW) | guess(read);
    const detail = { key: versions.position, version, scan };
    this.#graph.add(
      read.reader,
      target,
      kind,
      nextVersion === undefined ? detail : { ...detail, nextVersion },
    );
  }

  /** Adds edges from readers to versions that real time puts after the version they read. */
  #addStaleReads(versions: KeyVersions, order: VersionOrder, reads: readonly VersionRead[]): void {
    const times = new RealTimeVersions(this.#index, versions);
    for (const read of reads) {
      // Every version replaces the initial one, and the version order already has these edges.
      if (read.version === INITIAL || versions.writerOf(read.version) === NOBODY) continue;
      const next = times.replacementOf(read.version, read.reader);
      if (next === undefined || order.successors.get(read.version)?.[0] === next.version) continue;
      this.#addReplacedRead({ ...read, assumesRealTime: true }, next.writer, next.version);
    }
  }
}

function guess(read: VersionRead): number {
  return read.assumesRealTime ? REAL_TIME : 0;
}
