import { PartitionedRecency } from './partitioned-recency.ts';
import { RecencyList } from './recency-list.ts';

/**
 * The keys of a store from the least to the most recently used, with their number and their total size. It is
 * one exact list for few keys, and partitions for many.
 *
 * The division moves no key: the list stays, and each key moves to its partition at its next use. The last
 * use of every key in the list is before that of every key in the partitions, so the keys of the list come
 * first, in exact order. No single operation pays for the division.
 */
export class RecencyAccount {
  readonly #divideAt: number;
  readonly #partitionCount: number;
  readonly #elder: RecencyList = new RecencyList();
  #partitions: PartitionedRecency | undefined;

  /**
   * @param divideAt the number of entries that one list may hold; Infinity never divides.
   * @param partitionCount a power of two.
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

  /** Makes the key the most recently used, if it is there. */
  touch(key: string): void {
    if (this.#partitions === undefined) {
      this.#elder.touch(key);
      return;
    }
    const size = this.#elder.sizeOf(key);
    if (size === undefined) this.#partitions.touch(key);
    else this.set(key, size);
  }

  /** Makes the key the most recently used, with this size in place of an earlier one. */
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

  /** The caller may delete the key it has just been given. */
  *leastRecentFirst(): Generator<string, void> {
    yield* this.#elder.leastRecentFirst();
    if (this.#partitions !== undefined) yield* this.#partitions.leastRecentFirst();
  }
}
