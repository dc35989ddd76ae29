import type { HistoryIndex } from './history-index.ts';
import type { KeyVersions } from './key-versions.ts';

/** A version that replaced an older one, as inferred from the times of the writers. */
export interface Replacement {
  readonly writer: number;
  readonly version: number;
}

/**
 * The versions of one register, ordered by real time. In a strictly serializable store, a write replaces
 * every write that had ended before it began.
 */
export class RealTimeVersions {
  readonly #index: HistoryIndex;
  readonly #versions: KeyVersions;
  /** The installed versions, in the order in which their writers began. */
  readonly #byBegin: readonly Replacement[];
  /** For each index in `byBegin`, the two versions from there on whose writers ended first. */
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
   * Returns a version that must have replaced `version`, or `undefined` if no version did. Several versions
   * may have begun after `version` had ended: the method returns the one that ended first. It ignores
   * versions that `reader` wrote.
   */
  replacementOf(version: number, reader: number): Replacement | undefined {
    return this.firstEndedAfter(this.#index.endOf(this.#versions.writerOf(version)), reader);
  }

  /**
   * Returns the version whose writer ended first, of those whose writers began after `time`. Ignores versions
   * by `reader`.
   */
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
