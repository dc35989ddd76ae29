import { hashKey } from '../../collections/hash-key.ts';
import { RecencyList } from './recency-list.ts';

/**
 * A recency list divided into partitions by key hash. One list uses one `Map`, which throws at 2^24 slots,
 * deleted ones included. When it grows near that size, it blocks the event loop for seconds. A partition
 * stays far smaller.
 *
 * The order is exact within a partition and approximate between them: the least recently used key of the
 * fullest partition comes first. Since the hash spreads use evenly, that key is among the oldest of all.
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

  /** Yields a key of each partition in turn, so that a removal of many keys takes equally from all. */
  leastRecentFirst(): Iterable<string> {
    return takeTurns(this.#fromFullest());
  }

  #listOf(key: string): RecencyList {
    return this.#lists[hashKey(key) & (this.#lists.length - 1)] as RecencyList;
  }

  /** Updates the totals by the change of a list, which is right whether or not the key was present. */
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

/** Yields one item of each source in turn, to the end of all. Opens a source at its first turn. */
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
