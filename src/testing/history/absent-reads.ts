import type { KeyRange } from '../../contract/key-range.ts';
import type { HistoryIndex } from './history-index.ts';
import { firstFrom, INITIAL, type KeyVersions } from './key-versions.ts';
import { RealTimeVersions } from './real-time-versions.ts';

/** The version that a read of an absent key saw. */
export interface AbsentVersion {
  readonly version: number;
  readonly assumesRealTime: boolean;
}

const SURELY_INITIAL: AbsentVersion = { version: INITIAL, assumesRealTime: false };

interface DeletedKey {
  readonly times: RealTimeVersions;
  /** The deletes that may have happened, in the order in which their transactions began. */
  readonly deletes: readonly { readonly version: number; readonly writer: number }[];
  /** For each index in `deletes`, the latest end of the deletes up to that index. */
  readonly latestEnds: readonly number[];
}

/** The guarantees that `AbsentReads` may rely on. */
export interface AbsencePremises {
  /** Whether the store respects real time. */
  readonly realTime: boolean;
  /**
   * Whether a transaction reads one state of the store. If so, it follows every transaction whose value it
   * read.
   */
  readonly oneState: boolean;
}

/**
 * Finds out which version a read of an absent key saw. If the key was never deleted, the read saw the initial
 * version. Otherwise the candidates are the initial version and every delete. These rules exclude candidates:
 *
 * - If the reader saw a value of another transaction that wrote this key, it cannot have seen the initial
 *   version.
 * - In a history that promises real time, it cannot have seen a version that was already replaced when it
 *   began.
 * - In such a history, it also cannot have seen a delete whose transaction began after the reader had ended.
 */
export class AbsentReads {
  readonly #index: HistoryIndex;
  readonly #premises: AbsencePremises;
  /** The keys that were deleted, so that their absence can have more than one cause. */
  readonly deletedKeys: ReadonlySet<KeyVersions>;
  readonly #inKeyOrder: readonly KeyVersions[];
  readonly #byKey = new Map<KeyVersions, DeletedKey>();

  constructor(index: HistoryIndex, premises: AbsencePremises) {
    this.#index = index;
    this.#premises = premises;
    for (const versions of index.keys) {
      const deletes = [...versions.deletes]
        .map((version) => ({ version, writer: versions.writerOf(version) }))
        // A delete of unknown status may have removed the key even if no recorded read shows it.
        .filter(({ version, writer }) => versions.isInstalled(version) && !isAborted(index, writer))
        .sort((a, b) => index.beginOf(a.writer) - index.beginOf(b.writer));
      if (deletes.length === 0) continue;
      let latest = -Infinity;
      const latestEnds = deletes.map(({ writer }) => {
        latest = Math.max(latest, index.endOf(writer));
        return latest;
      });
      this.#byKey.set(versions, { times: new RealTimeVersions(index, versions), deletes, latestEnds });
    }
    this.#inKeyOrder = [...this.#byKey.keys()];
    this.deletedKeys = new Set(this.#inKeyOrder);
  }

  /**
   * Returns the deleted keys in a range for which `versionSeen` can exclude candidates. Each scan takes one
   * step for every deleted key in its range. This is the only part of the check that is not nearly linear.
   */
  worthAsking(range: KeyRange): readonly KeyVersions[] {
    if (!this.#premises.realTime && !this.#premises.oneState) return [];
    const start = firstFrom(this.#inKeyOrder, range.from);
    const end = range.to === undefined ? this.#inKeyOrder.length : firstFrom(this.#inKeyOrder, range.to);
    return this.#inKeyOrder.slice(start, end);
  }

  /**
   * Returns the version that a read of the absent key saw, or `undefined` if several are possible.
   * @param seenWriters the transactions whose values the reader has read, under any key
   */
  versionSeen(
    reader: number,
    versions: KeyVersions,
    seenWriters: ReadonlySet<number>,
  ): AbsentVersion | undefined {
    const key = this.#byKey.get(versions);
    if (key === undefined) return SURELY_INITIAL;
    // A transaction that precedes the reader wrote the key, so the reader cannot have seen the initial
    // version.
    const existed = this.#premises.oneState && versions.isWrittenBy(seenWriters, reader);
    const only = existed ? onlyOther(key.deletes, reader) : undefined;
    if (only !== undefined) return this.#sure(only, false);
    if (!this.#premises.realTime) return undefined;
    const candidates = this.#notYetReplaced(reader, key, existed);
    if (candidates.length > 1) return undefined;
    // If no candidate is left, the read is stale or from the future. Any version then makes the cycle search
    // find the violation.
    const [version = INITIAL] = candidates;
    return this.#sure({ version, writer: versions.writerOf(version) }, true);
  }

  /**
   * Returns the version, or `undefined` for a delete that may not have happened and so cannot explain a read.
   */
  #sure(
    { version, writer }: { readonly version: number; readonly writer: number },
    assumesRealTime: boolean,
  ): AbsentVersion | undefined {
    return version === INITIAL || this.#index.isIncluded(writer) ? { version, assumesRealTime } : undefined;
  }

  /**
   * Returns the versions that the reader may have seen, at most two. The caller only needs to know whether
   * there is exactly one.
   */
  #notYetReplaced(reader: number, key: DeletedKey, existed: boolean): readonly number[] {
    const candidates: number[] = [];
    const wasReplaced = (endedAt: number): boolean => {
      const next = key.times.firstEndedAfter(endedAt, reader);
      return next !== undefined && this.#index.endOf(next.writer) < this.#index.beginOf(reader);
    };
    if (!existed && !wasReplaced(-Infinity)) candidates.push(INITIAL);
    for (let place = this.#begunBy(reader, key) - 1; place >= 0 && candidates.length < 2; place--) {
      const { version, writer } = key.deletes[place] ?? { version: INITIAL, writer: reader };
      // The delete that ended last was already replaced, so all earlier deletes were replaced too.
      if (wasReplaced(key.latestEnds[place] ?? Infinity)) break;
      if (writer !== reader && !wasReplaced(this.#index.endOf(writer))) candidates.push(version);
    }
    return candidates;
  }

  /** Returns the number of deletes whose writers began before the reader ended. */
  #begunBy(reader: number, { deletes }: DeletedKey): number {
    const endedAt = this.#index.endOf(reader);
    let low = 0;
    let high = deletes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#index.beginOf(deletes[middle]?.writer ?? reader) > endedAt) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Returns the delete of another transaction, if there is exactly one. */
function onlyOther(
  deletes: DeletedKey['deletes'],
  reader: number,
): DeletedKey['deletes'][number] | undefined {
  // Each transaction installs at most one delete of a key. So of three deletes, at least two are by other
  // transactions.
  if (deletes.length > 2) return undefined;
  const others = deletes.filter(({ writer }) => writer !== reader);
  return others.length === 1 ? others[0] : undefined;
}

function isAborted(index: HistoryIndex, transaction: number): boolean {
  return index.transactions[transaction]?.status === 'aborted';
}
