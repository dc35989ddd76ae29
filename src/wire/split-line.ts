import { MemStoreError } from '../errors.ts';
import { splitWords } from '../split-words.ts';

/**
 * The words of a plain line, parted by spaces or tabs.
 * @throws {MemStoreError} INVALID_OPTION for a quote that is not closed, or is closed within a word
 */
export function splitLine(line: string): string[] {
  const words = splitWords(line);
  if (words !== undefined) return words;
  throw new MemStoreError('INVALID_OPTION', 'A quote is not closed at the end of a word.');
}
