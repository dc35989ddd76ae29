import type { HistoryIndex } from './history-index.ts';
import type { KeyVersions } from './key-versions.ts';

/** A version that replaced another one, told by the times of their writers alone. */
export interface Replacement {
  readonly writer: number;
  readonly version: number;
}

/**
 * The versions of one register in real time: what a strictly serializable store must have replaced by when.
 * A write that began after another had ended comes after it.
 */
export class RealTimeVersions {
  readonly #index: HistoryIndex;
  readonly #versions: KeyVersions;
  /** The installed versions, by the begin of their writers. */
  readonly #byBegin: readonly Replacement[];
  /** For each place in `byBegin`, the two that ended first from there on. */
  readonly #firstToEnd: readonly (readonly Replacement[])[];

  constructor(index: HistoryIndex, versions: KeyVersions) {
    this.#index = index;
    this.#versions = versions;
    this.#byBegin = [...versions.installs()]
      .filter(([writer]) => index.isIncluded(writer))
      .map(([writer, version]) => ({ writer, version }))
      .sort((a, b) => index.beginOf(a.writer) - index.beginOf(b.writer));
    const firstToEnd: (readonly Replacement[])[] = [];
    let best: readonly Replacement[] = [];
    for (const candidate of this.#byBegin.toReversed()) {
      best = [...best, candidate].sort((a, b) => index.endOf(a.writer) - index.endOf(b.writer)).slice(0, 2);
      firstToEnd.push(best);
    }
    this.#firstToEnd = firstToEnd.reverse();
  }

  /**
   * Of the versions that began after `version` had ended, the one that ended first; undefined without one.
   * All that began after the end of that one are known to come later still. `reader`'s own does not count.
   */
  replacementOf(version: number, reader: number): Replacement | undefined {
    return this.firstEndedAfter(this.#index.endOf(this.#versions.writerOf(version)), reader);
  }

  /** Of the versions whose writers began after a time, the one that ended first, `reader`'s own aside. */
  firstEndedAfter(time: number, reader: number): Replacement | undefined {
    let low = 0;
    let high = this.#byBegin.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = this.#byBegin[middle];
      if (candidate !== undefined && this.#index.beginOf(candidate.writer) <= time) low = middle + 1;
      else high = middle;
    }
    return this.#firstToEnd[low]?.find(({ writer }) => writer !== reader);
  }
}
