import type { HistoryValue } from './history.ts';

/** The initial version of every key: absent. */
export const INITIAL = 0;

/** The writer of the initial version, which no transaction wrote. */
export const NOBODY = -1;

/** All versions of one key, including those of aborted transactions. Versions are small integers. */
export class KeyVersions {
  readonly key: string;
  /** The index of the key among all keys in key order. */
  position = 0;
  readonly isList: boolean;
  /** The writer of each version: the index of the transaction in the history. */
  readonly writers: number[] = [NOBODY];
  /** The value of each version, or `undefined` for the initial version and for deletes without a mark. */
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

  /** Adds a version. The caller must add the writes of each transaction in their order. */
  add(writer: number, value: HistoryValue | undefined, isDelete: boolean): void {
    const version = this.writers.length;
    if (value !== undefined) {
      if (this.#versionByValue.has(value)) {
        throw new TypeError(
          `Values written to key ${JSON.stringify(this.key)} must be unique, got ${String(value)} twice.`,
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

  /** Returns the version that is visible after the transaction commits. */
  installedBy(writer: number): number | undefined {
    return this.#lastByWriter.get(writer);
  }

  /**
   * Returns whether one of the transactions, other than `except`, wrote the key. Iterates over the smaller
   * set.
   */
  isWrittenBy(transactions: ReadonlySet<number>, except: number): boolean {
    const writers = this.#lastByWriter;
    const [fewer, more] =
      writers.size < transactions.size ? [writers, transactions] : [transactions, writers];
    for (const writer of fewer.keys()) if (writer !== except && more.has(writer)) return true;
    return false;
  }

  /** Returns whether the version is the last one that its writer wrote to the key. */
  isInstalled(version: number): boolean {
    return this.#lastByWriter.get(this.writerOf(version)) === version;
  }

  /** Returns every transaction that wrote the key, with its last version. */
  installs(): IterableIterator<[writer: number, version: number]> {
    return this.#lastByWriter.entries();
  }
}

/** Returns the index of the first key that is not less than `key`. The keys must be in key order. */
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
