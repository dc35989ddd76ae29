import { MemStoreError } from '../contract/errors.ts';
import { OPEN_QUOTE, splitWords } from './split-words.ts';

/**
 * Splits a plain line into words at spaces and tabs.
 * @throws {MemStoreError} INVALID_OPTION for a quote that is not closed, or that closes inside a word
 */
export function splitLine(line: string): string[] {
  const words = splitWords(line);
  if (words !== undefined) return words;
  throw new MemStoreError('INVALID_OPTION', OPEN_QUOTE);
}
