import { type KeyRange, keyAfter, toKeyRange } from '../../contract/key-range.ts';
import type { RangeOptions } from '../../contract/options.ts';

/** The position of a scan: the rest of its range and of its limit. */
export class ScanPosition {
  readonly reverse: boolean;
  left: number;
  readonly #range: KeyRange;
  #rest: KeyRange;
  /** The last key that was yielded. */
  #yielded: string | undefined = undefined;
  /** True when the scan has passed keys without a row since then. */
  #isAhead = false;
  /**
   * The last key that was passed, if `#rest` does not reflect it yet. It is updated only when it is read.
   */
  #passed: string | undefined = undefined;

  #lastKey: string | undefined = undefined;
  #lastEnd = '';

  constructor(options: RangeOptions) {
    this.reverse = options.reverse ?? false;
    this.left = options.limit ?? Number.POSITIVE_INFINITY;
    this.#range = toKeyRange(options);
    this.#rest = this.#range;
  }

  get isLimited(): boolean {
    return this.left !== Number.POSITIVE_INFINITY;
  }

  /** The part of the range that has not been passed; it may be empty. */
  get rest(): KeyRange {
    const key = this.#passed;
    if (key !== undefined) {
      const { from, to } = this.#rest;
      this.#rest = this.reverse ? { from, to: key } : { from: this.#after(key), to };
      this.#passed = undefined;
    }
    return this.#rest;
  }

  /** Returns the part of the rest that ends with this key. */
  through(key: string): KeyRange {
    const { from, to } = this.rest;
    return this.reverse ? { from: key, to } : { from, to: this.#after(key) };
  }

  /** Goes on behind a key that has no row. */
  pass(key: string): void {
    this.#passed = key;
    this.#isAhead = true;
  }

  /** Goes on behind a key whose row is yielded. */
  yield(key: string): void {
    this.#passed = key;
    this.#yielded = key;
    this.#isAhead = false;
    this.left--;
  }

  /** Goes back behind the last row that was yielded. Returns whether the position has changed. */
  rewind(): boolean {
    if (!this.#isAhead) return false;
    this.#isAhead = false;
    this.#rest = this.#range;
    this.#passed = this.#yielded;
    return true;
  }

  /**
   * Returns the key after a key. Repeated calls return the same string, so that the ends of two parts compare
   * without a look at their characters.
   */
  #after(key: string): string {
    if (this.#lastKey !== key) {
      this.#lastKey = key;
      this.#lastEnd = keyAfter(key);
    }
    return this.#lastEnd;
  }
}
