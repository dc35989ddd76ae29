import { type KeyRange, keyAfter, toKeyRange } from '../../contract/key-range.ts';
import type { RangeOptions } from '../../contract/options.ts';

/** The position of a scan: how much is left of its range and of its limit. */
export class ScanPosition {
  readonly reverse: boolean;
  left: number;
  /** How many rows were collected since the last one that was yielded. */
  #collected = 0;
  readonly #range: KeyRange;
  #rest: KeyRange;
  /** The last key that was yielded. */
  #yielded: string | undefined = undefined;
  /** True if the scan has passed keys without a row since the last yielded key. */
  #isAhead = false;
  /**
   * The last key that was passed, if `#rest` does not exclude it yet. `#rest` is updated only when it is
   * read.
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

  /** The part of the range that the scan has not passed. It may be empty. */
  get rest(): KeyRange {
    const key = this.#passed;
    if (key !== undefined) {
      const { from, to } = this.#rest;
      this.#rest = this.reverse ? { from, to: key } : { from: this.#after(key), to };
      this.#passed = undefined;
    }
    return this.#rest;
  }

  /** Returns the part of the remaining range that ends with this key. */
  through(key: string): KeyRange {
    const { from, to } = this.rest;
    return this.reverse ? { from: key, to } : { from, to: this.#after(key) };
  }

  /** Moves past a key that has no row. */
  pass(key: string): void {
    this.#passed = key;
    this.#isAhead = true;
  }

  /** Moves past a key whose row is yielded. */
  yield(key: string): void {
    this.#passed = key;
    this.#yielded = key;
    this.#isAhead = false;
    this.left--;
  }

  /** Moves past a key whose row is collected. That row is yielded later, together with all other rows. */
  collect(key: string): void {
    this.pass(key);
    this.left--;
    this.#collected++;
  }

  /** Moves back to just after the last yielded row. Returns whether the position has changed. */
  rewind(): boolean {
    if (!this.#isAhead) return false;
    this.#isAhead = false;
    this.left += this.#collected;
    this.#collected = 0;
    this.#rest = this.#range;
    this.#passed = this.#yielded;
    return true;
  }

  /**
   * Returns the smallest key that is greater than this key. Repeated calls return the same string, so that
   * equal range ends are compared without reading their characters.
   */
  #after(key: string): string {
    if (this.#lastKey !== key) {
      this.#lastKey = key;
      this.#lastEnd = keyAfter(key);
    }
    return this.#lastEnd;
  }
}
