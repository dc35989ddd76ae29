import type { WordTable } from './word-table.ts';

/** The words of one request: the bulk strings of an array, or the words of a line. */
export interface Arguments {
  readonly length: number;
  /**
   * The argument as text.
   * @throws {MemStoreError} INVALID_KEY if it is not UTF-8, because only values may be other bytes
   */
  text(index: number): string;
  /** The bytes of the argument. The view is good only until the parser goes on. */
  bytes(index: number): Uint8Array;
  /** Returns the argument as text or, if it is not UTF-8, a copy of its bytes. */
  content(index: number): string | Uint8Array;
  /** Returns the value of the argument in a table. */
  find<T>(index: number, table: WordTable<T>): T | undefined;
  /** Returns whether the argument is this word, in any case. */
  is(index: number, word: string): boolean;
  /** Returns the argument as a decimal integer, or NaN if it is not one or is too large to be exact. */
  integer(index: number): number;
}
