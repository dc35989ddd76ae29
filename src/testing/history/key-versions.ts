import type { HistoryValue } from './history.ts';

/** The version every key starts with: absent. */
export const INITIAL = 0;

/** The writer of the initial version. */
export const NOBODY = -1;

/** Everything that was ever written to one key, aborted writes included. Versions are small integers. */
export class KeyVersions {
  readonly key: string;
  /** The place of the key among all keys in key order. */
  position = 0;
  readonly isList: boolean;
  /** The transaction that wrote each version, as its place in the history. */
  readonly writers: number[] = [NOBODY];
  /** The value of each version; undefined for the initial one and for deletes without a mark. */
  readonly values: (HistoryValue | undefined)[] = [undefined];
  /** The versions that are deletes. */
  readonly deletes: Set<number> = new Set();
  readonly #bareDeletes = new Set<number>();
  readonly #versionByValue = new Map<HistoryValue, number>();
  readonly #lastByWriter = new Map<number, number>();

  constructor(key: string, isList: boolean) {
    this.key = key;
    this.isList = isList;
  }

  /** REQUIRES: writes are added in the order in which each transaction made them. */
  add(writer: number, value: HistoryValue | undefined, isDelete: boolean): void {
    const version = this.writers.length;
    if (value !== undefined) {
      if (this.#versionByValue.has(value)) {
        throw new TypeError(
          `The value ${String(value)} was written to key ${JSON.stringify(this.key)} twice`,
        );
      }
      this.#versionByValue.set(value, version);
    }
    this.writers.push(writer);
    this.values.push(value);
    if (isDelete) this.deletes.add(version);
    if (isDelete && !this.#lastByWriter.has(writer)) this.#bareDeletes.add(version);
    this.#lastByWriter.set(writer, version);
  }

  /** Returns whether the version is a delete by a transaction that had not written the key before. */
  isBareDelete(version: number): boolean {
    return this.#bareDeletes.has(version);
  }

  versionOf(value: HistoryValue): number | undefined {
    return this.#versionByValue.get(value);
  }

  writerOf(version: number): number {
    return this.writers[version] ?? NOBODY;
  }

  /** The version that the transaction leaves behind when it commits. */
  installedBy(writer: number): number | undefined {
    return this.#lastByWriter.get(writer);
  }

  /** Returns whether one of the transactions, other than `except`, wrote the key. Visits the smaller set. */
  isWrittenBy(transactions: ReadonlySet<number>, except: number): boolean {
    const writers = this.#lastByWriter;
    const [fewer, more] =
      writers.size < transactions.size ? [writers, transactions] : [transactions, writers];
    for (const writer of fewer.keys()) if (writer !== except && more.has(writer)) return true;
    return false;
  }

  /** False for a version that its own writer replaced. */
  isInstalled(version: number): boolean {
    return this.#lastByWriter.get(this.writerOf(version)) === version;
  }

  /** Every transaction that wrote the key, with the version it leaves behind. */
  installs(): IterableIterator<[writer: number, version: number]> {
    return this.#lastByWriter.entries();
  }
}

/** The place of the first of the keys, which are in key order, that is not before `key`. */
export function firstFrom(keys: readonly KeyVersions[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
