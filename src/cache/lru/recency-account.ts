import { PartitionedRecency } from './partitioned-recency.ts';
import { RecencyList } from './recency-list.ts';

/**
 * The keys of a store from the least to the most recently used, with their number and total size. Few keys
 * are in one exact list, and many keys are in partitions.
 *
 * Introducing partitions moves no key. The list stays, and each key moves to its partition at its next use.
 * So all keys in the list were used before all keys in the partitions, and the list comes first, in exact
 * order. No single operation pays for the change.
 */
export class RecencyAccount {
  readonly #divideAt: number;
  readonly #partitionCount: number;
  readonly #elder: RecencyList = new RecencyList();
  #partitions: PartitionedRecency | undefined;

  /**
   * @param divideAt the number of entries from which partitions are used; Infinity for never
   * @param partitionCount a power of two
   */
  constructor(divideAt: number, partitionCount: number) {
    this.#divideAt = divideAt;
    this.#partitionCount = partitionCount;
  }

  get entries(): number {
    return this.#elder.entries + (this.#partitions?.entries ?? 0);
  }

  get totalSize(): number {
    return this.#elder.totalSize + (this.#partitions?.totalSize ?? 0);
  }

  /** Makes the key the most recently used one, if it is present. */
  touch(key: string): void {
    if (this.#partitions === undefined) {
      this.#elder.touch(key);
      return;
    }
    const size = this.#elder.sizeOf(key);
    if (size === undefined) this.#partitions.touch(key);
    else this.set(key, size);
  }

  /** Makes the key the most recently used one, and sets its size. */
  set(key: string, size: number): void {
    if (this.#elder.entries >= this.#divideAt) {
      this.#partitions ??= new PartitionedRecency(this.#partitionCount);
    }
    if (this.#partitions === undefined) {
      this.#elder.set(key, size);
      return;
    }
    this.#elder.delete(key);
    this.#partitions.set(key, size);
  }

  delete(key: string): void {
    if (!this.#elder.delete(key)) this.#partitions?.delete(key);
  }

  /** Yields the keys in eviction order. The caller may delete each yielded key. */
  *leastRecentFirst(): Generator<string, void> {
    yield* this.#elder.leastRecentFirst();
    if (this.#partitions !== undefined) yield* this.#partitions.leastRecentFirst();
  }
}
