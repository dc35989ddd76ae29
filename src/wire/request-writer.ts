import type { OutputBuffer } from './output-buffer.ts';

/** One argument of a request. */
export type Word = string | number | Uint8Array;

/** Adds a request to what waits to be sent. */
export function writeRequest(output: OutputBuffer, words: readonly Word[]): void {
  output.add(`*${words.length}\r\n`);
  for (const word of words) {
    if (typeof word === 'object') {
      output.add(`$${word.length}\r\n`);
      output.addBytes(word);
      output.add('\r\n');
    } else {
      const text = String(word);
      output.add(`$${Buffer.byteLength(text)}\r\n${text}\r\n`);
    }
  }
}
