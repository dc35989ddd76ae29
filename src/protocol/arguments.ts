import type { WordTable } from './word-table.ts';

/** The words of one request: the bulk strings of a RESP array, or the words of a plain line. */
export interface Arguments {
  readonly length: number;
  /**
   * Returns the argument as text.
   * @throws {MemStoreError} INVALID_KEY if it is not UTF-8, because only values may be arbitrary bytes
   */
  text(index: number): string;
  /** Returns a view of the argument's bytes, which is valid until the parser reads on. */
  bytes(index: number): Uint8Array;
  /** Returns the argument as text or, if it is not UTF-8, a copy of its bytes. */
  content(index: number): string | Uint8Array;
  /** Returns the value that a table has for the argument, if any. */
  find<T>(index: number, table: WordTable<T>): T | undefined;
  /** Returns whether the argument is this word, ignoring case. REQUIRES: the word is in upper case. */
  is(index: number, word: string): boolean;
  /** Returns the argument as a decimal integer, or NaN if it is not a safe integer. */
  integer(index: number): number;
}
