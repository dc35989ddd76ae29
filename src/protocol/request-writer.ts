import type { OutputBuffer } from './output-buffer.ts';

/** One argument of a request. */
export type Word = string | number | Uint8Array;

/** The encoded first words of a request, for reuse in many requests. */
export interface RequestHead {
  readonly count: number;
  readonly text: string;
}

const ARRAY = 0x2a;

/** Encodes the first words of a request. REQUIRES: the words are ASCII. */
export function requestHead(...words: readonly string[]): RequestHead {
  let text = '';
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return { count: words.length, text };
}

/** Writes a request to the output: the tag if there is one, the head, then the words. */
export function writeRequest(
  output: OutputBuffer,
  words: readonly Word[],
  head?: RequestHead,
  tag?: number,
): void {
  output.addNumber(ARRAY, words.length + (head?.count ?? 0) + (tag === undefined ? 0 : 1));
  if (tag !== undefined) output.addBulk(String(tag));
  if (head !== undefined) output.add(head.text);
  for (const word of words) output.addBulk(typeof word === 'number' ? String(word) : word);
}
