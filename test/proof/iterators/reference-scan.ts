/** The bounds and the direction of a scan. */
export interface ScanOf {
  readonly gte: string;
  readonly lte: string;
  readonly reverse: boolean;
  readonly limit?: number;
  readonly forUpdate?: boolean;
}

/**
 * A model of an iterator. It returns the expected result of each call, as if the calls ran one after the
 * other.
 */
export class ReferenceScan {
  readonly #rows: () => ReadonlyMap<string, number>;
  readonly #range: ScanOf;
  #last: string | undefined;
  #left: number;
  #isDone = false;
  #isCancelled = false;

  /** @param rows returns the rows that the scan sees at the time of a call */
  constructor(rows: () => ReadonlyMap<string, number>, range: ScanOf) {
    this.#rows = rows;
    this.#range = range;
    this.#left = range.limit ?? Number.POSITIVE_INFINITY;
  }

  next(): unknown {
    if (this.#isDone) return 'done';
    if (this.#isCancelled) return 'ABORTED';
    const rows = this.#rows();
    const key = this.#left === 0 ? undefined : this.#keys(rows)[0];
    if (key === undefined) return this.end();
    this.#last = key;
    this.#left--;
    return [key, rows.get(key)];
  }

  end(): unknown {
    this.#isDone = true;
    return 'done';
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  /** Returns the remaining keys, in the order of the scan. */
  #keys(rows: ReadonlyMap<string, number>): string[] {
    const { gte, lte, reverse } = this.#range;
    const keys = [...rows.keys()].filter((key) => key >= gte && key <= lte).sort();
    if (reverse) keys.reverse();
    const last = this.#last;
    return last === undefined ? keys : keys.filter((key) => (reverse ? key < last : key > last));
  }
}
