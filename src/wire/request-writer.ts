import type { OutputBuffer } from './output-buffer.ts';

/** One argument of a request. */
export type Word = string | number | Uint8Array;

const ARRAY = 0x2a;

/** Adds a request to what waits to be sent. */
export function writeRequest(output: OutputBuffer, words: readonly Word[]): void {
  output.addNumber(ARRAY, words.length);
  for (const word of words) output.addBulk(typeof word === 'number' ? String(word) : word);
}
