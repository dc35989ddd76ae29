import { wrapText } from './wrap-text.ts';

/** Writes a sentence to standard error, on a terminal in lines that end between words. */
export function writeError(sentence: string): void {
  const { isTTY, columns } = process.stderr;
  process.stderr.write(`${isTTY ? wrapText(sentence, columns) : sentence}\n`);
}
