import { isEmptyRange, type KeyRange, keyAfter, toKeyRange } from '../key-range.ts';
import type { RangeOptions } from '../store.ts';

/** How far a scan has come: what is left of its range and of its limit. */
export class ScanPosition {
  readonly reverse: boolean;
  rest: KeyRange;
  left: number;

  constructor(options: RangeOptions) {
    this.reverse = options.reverse ?? false;
    this.left = options.limit ?? Number.POSITIVE_INFINITY;
    this.rest = toKeyRange(options);
  }

  get isAtEnd(): boolean {
    return this.left <= 0 || isEmptyRange(this.rest);
  }

  /** The part of what is left that ends with this key. */
  through(key: string): KeyRange {
    return this.reverse ? { from: key, to: this.rest.to } : { from: this.rest.from, to: keyAfter(key) };
  }

  /** Goes on behind this key. */
  pass(key: string): void {
    this.rest = this.reverse ? { from: this.rest.from, to: key } : { from: keyAfter(key), to: this.rest.to };
  }
}
