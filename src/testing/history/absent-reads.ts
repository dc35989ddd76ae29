import type { KeyRange } from '../../contract/key-range.ts';
import type { HistoryIndex } from './history-index.ts';
import { firstFrom, INITIAL, type KeyVersions } from './key-versions.ts';
import { RealTimeVersions } from './real-time-versions.ts';

/** The version that a read of an absent key saw, and whether real time had to tell. */
export interface AbsentVersion {
  readonly version: number;
  readonly assumesRealTime: boolean;
}

const SURELY_INITIAL: AbsentVersion = { version: INITIAL, assumesRealTime: false };

interface DeletedKey {
  readonly times: RealTimeVersions;
  /** Deletes that may have happened, by the begin of their writers. */
  readonly deletes: readonly { readonly version: number; readonly writer: number }[];
  /** For each of them, the latest end among it and those before. */
  readonly latestEnds: readonly number[];
}

/** The assumptions of `AbsentReads`. */
export interface AbsencePremises {
  /** The store respects real time. */
  readonly realTime: boolean;
  /** A transaction reads one state, so it follows every writer whose value it read. */
  readonly oneState: boolean;
}

/**
 * Tells which absence a read saw. For a key that was never deleted there is only one. Otherwise the read may
 * have seen the time before the first write, or any delete, until something rules out all but one:
 *
 * - The transaction read a value of a writer that had also written this key: the time before the first write
 *   is over.
 * - In a history that promises real time, a version had already been replaced, or its writer had not yet
 *   begun.
 */
export class AbsentReads {
  readonly #index: HistoryIndex;
  readonly #premises: AbsencePremises;
  /** The keys whose absence can have more than one cause. */
  readonly deletedKeys: ReadonlySet<KeyVersions>;
  readonly #inKeyOrder: readonly KeyVersions[];
  readonly #byKey = new Map<KeyVersions, DeletedKey>();

  constructor(index: HistoryIndex, premises: AbsencePremises) {
    this.#index = index;
    this.#premises = premises;
    for (const versions of index.keys) {
      const deletes = [...versions.deletes]
        .map((version) => ({ version, writer: versions.writerOf(version) }))
        // An unknown delete that nobody traced may still be what made the key absent.
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
   * The deleted keys in a range, as far as it can matter which absence of them a scan saw. Each costs a step
   * in every scan that covers it, found or not: this alone is not near linear.
   */
  worthAsking(range: KeyRange): readonly KeyVersions[] {
    if (!this.#premises.realTime && !this.#premises.oneState) return [];
    const start = firstFrom(this.#inKeyOrder, range.from);
    const end = range.to === undefined ? this.#inKeyOrder.length : firstFrom(this.#inKeyOrder, range.to);
    return this.#inKeyOrder.slice(start, end);
  }

  /**
   * Returns what a read of the absent key saw, or `undefined` when it cannot be told.
   * @param seenWriters the transactions whose values the reader has read, of whatever key
   */
  versionSeen(
    reader: number,
    versions: KeyVersions,
    seenWriters: ReadonlySet<number>,
  ): AbsentVersion | undefined {
    const key = this.#byKey.get(versions);
    if (key === undefined) return SURELY_INITIAL;
    // If a writer that the reader follows had written the key, the time before the first write is over.
    const existed = this.#premises.oneState && versions.isWrittenBy(seenWriters, reader);
    const only = existed ? onlyOther(key.deletes, reader) : undefined;
    if (only !== undefined) return this.#sure(only, false);
    if (!this.#premises.realTime) return undefined;
    const candidates = this.#notYetReplaced(reader, key, existed);
    if (candidates.length > 1) return undefined;
    // Nothing remains for a read that is too old or too new; any reading of it then shows the violation.
    const [version = INITIAL] = candidates;
    return this.#sure({ version, writer: versions.writerOf(version) }, true);
  }

  /** Returns the version, unless it is a delete that may not have happened: that explains no read. */
  #sure(
    { version, writer }: { readonly version: number; readonly writer: number },
    assumesRealTime: boolean,
  ): AbsentVersion | undefined {
    return version === INITIAL || this.#index.isIncluded(writer) ? { version, assumesRealTime } : undefined;
  }

  /** At most two of the versions that the reader may have seen: two are as undecided as many. */
  #notYetReplaced(reader: number, key: DeletedKey, existed: boolean): readonly number[] {
    const candidates: number[] = [];
    const wasReplaced = (endedAt: number): boolean => {
      const next = key.times.firstEndedAfter(endedAt, reader);
      return next !== undefined && this.#index.endOf(next.writer) < this.#index.beginOf(reader);
    };
    if (!existed && !wasReplaced(-Infinity)) candidates.push(INITIAL);
    for (let place = this.#begunBy(reader, key) - 1; place >= 0 && candidates.length < 2; place--) {
      const { version, writer } = key.deletes[place] ?? { version: INITIAL, writer: reader };
      // If even the last of the earlier ones to end had been replaced, all of them had.
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
  // Each transaction installs at most one of them, so of three at least two are of others.
  if (deletes.length > 2) return undefined;
  const others = deletes.filter(({ writer }) => writer !== reader);
  return others.length === 1 ? others[0] : undefined;
}

function isAborted(index: HistoryIndex, transaction: number): boolean {
  return index.transactions[transaction]?.status === 'aborted';
}
