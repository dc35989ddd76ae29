import type { WordTable } from './word-table.ts';

/** The words of one request: the bulk strings of an array, or the words of a line. */
export interface Arguments {
  readonly length: number;
  /**
   * The argument as text.
   * @throws {MemStoreError} INVALID_KEY when it is not UTF-8: whatever is not a value must be
   */
  text(index: number): string;
  /** The bytes of the argument. The view is good only until the parser goes on. */
  bytes(index: number): Uint8Array;
  /** The argument as text or, when it is not UTF-8, a copy of its bytes. */
  content(index: number): string | Uint8Array;
  /** What a table has under the argument. */
  find<T>(index: number, table: WordTable<T>): T | undefined;
  /** Whether the argument is this word, in whatever case. */
  is(index: number, word: string): boolean;
  /** The decimal integer that the argument is; NaN when it is none, or too large to be exact. */
  integer(index: number): number;
}
