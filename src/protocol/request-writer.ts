import type { OutputBuffer } from './output-buffer.ts';

/** One argument of a request. */
export type Word = string | number | Uint8Array;

/** The first words of many requests, written once. */
export interface RequestHead {
  readonly count: number;
  readonly text: string;
}

const ARRAY = 0x2a;

/** REQUIRES: the words are ASCII. */
export function requestHead(...words: readonly string[]): RequestHead {
  let text = '';
  for (const word of words) text += `$${word.length}\r\n${word}\r\n`;
  return { count: words.length, text };
}

/** Adds a request to the output. The tag of a tagged request stands before the head. */
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
