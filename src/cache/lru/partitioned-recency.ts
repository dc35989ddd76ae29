import { hashKey } from '../../collections/hash-key.ts';
import { RecencyList } from './recency-list.ts';

/**
 * A recency list cut into several by key hash. A single one sits on a single `Map`, which throws at 2^24
 * slots (the deleted ones included) and stops the event loop for seconds when it grows near that; a
 * partition stays far from both.
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

  /** Takes a key of each partition in turn, so that whoever removes many drains all of them alike. */
  leastRecentFirst(): Iterable<string> {
    return takeTurns(this.#fromFullest());
  }

  #listOf(key: string): RecencyList {
    return this.#lists[hashKey(key) & (this.#lists.length - 1)] as RecencyList;
  }

  /** Keeps the totals by difference: what the list itself says is true, whether or not the key was there. */
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
 * One item of each source, then the next of each, to the end of all. A source is opened at its first turn.
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
