import { hashKey } from '../../collections/hash-key.ts';
import { RecencyList } from './recency-list.ts';

/**
 * A recency list divided into partitions by key hash. A single list uses a single `Map`. A `Map` throws at
 * 2^24 slots, including deleted ones. Growing near that size, it blocks the event loop for seconds. A
 * partition stays far smaller.
 *
 * The order is exact within a partition and approximate between partitions. The least recently used key of
 * the fullest partition comes first. The hash spreads keys evenly, so that key is among the least recently
 * used of all.
 */
export class PartitionedRecency {
  readonly #lists: readonly RecencyList[];
  #entries = 0;
  #totalSize = 0;

  /** @param count a power of two. */
  constructor(count: number) {
    this.#lists = Array.from({ length: count }, () => new RecencyList());
  }

  get entries(): number {
    return this.#entries;
  }

  get totalSize(): number {
    return this.#totalSize;
  }

  touch(key: string): void {
    this.#listOf(key).touch(key);
  }

  set(key: string, size: number): void {
    const list = this.#listOf(key);
    this.#count(list, -1);
    list.set(key, size);
    this.#count(list, 1);
  }

  delete(key: string): void {
    const list = this.#listOf(key);
    this.#count(list, -1);
    list.delete(key);
    this.#count(list, 1);
  }

  /**
   * Yields one key of each partition in turn, so that evicting many keys takes equally from all partitions.
   */
  leastRecentFirst(): Iterable<string> {
    return takeTurns(this.#fromFullest());
  }

  #listOf(key: string): RecencyList {
    return this.#lists[hashKey(key) & (this.#lists.length - 1)] as RecencyList;
  }

  /** Subtracts the totals of a list before a change (`sign` -1), and adds them after it (`sign` 1). */
  #count(list: RecencyList, sign: 1 | -1): void {
    this.#entries += sign * list.entries;
    this.#totalSize += sign * list.totalSize;
  }

  *#fromFullest(): Generator<Iterator<string>, void> {
    const fullest = this.#indexOfFullest();
    for (let step = 0; step < this.#lists.length; step++) {
      const list = this.#lists[(fullest + step) % this.#lists.length] as RecencyList;
      yield list.leastRecentFirst();
    }
  }

  #indexOfFullest(): number {
    let fullest = 0;
    let greatestSize = 0;
    for (let index = 0; index < this.#lists.length; index++) {
      const { totalSize } = this.#lists[index] as RecencyList;
      if (totalSize <= greatestSize) continue;
      fullest = index;
      greatestSize = totalSize;
    }
    return fullest;
  }
}

/**
 * Yields one item of each source in turn, until all are exhausted. Reads a source only when it is its turn.
 */
function* takeTurns(sources: Iterable<Iterator<string>>): Generator<string, void> {
  let unfinished: Iterable<Iterator<string>> = sources;
  for (let yielded = true; yielded; ) {
    yielded = false;
    const stillUnfinished: Iterator<string>[] = [];
    for (const source of unfinished) {
      const next = source.next();
      if (next.done === true) continue;
      yielded = true;
      yield next.value;
      stillUnfinished.push(source);
    }
    unfinished = stillUnfinished;
  }
}
