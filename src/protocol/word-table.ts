/** A word of a table and its value. */
interface Entry<T> {
  readonly word: string;
  readonly value: T;
}

const TO_UPPER_CASE = 0xdf;
const FIRST_LETTERS = 32;

/**
 * A table of words of English letters. Finds a word in a buffer, in upper or lower case, without creating a
 * string.
 */
export class WordTable<T> {
  /** Indexed by length and first letter. Few words share both. */
  readonly #entries: (Entry<T>[] | undefined)[] = [];

  constructor(words: Iterable<readonly [word: string, value: T]>) {
    for (const [word, value] of words) {
      const place = placeOf(word.length, word.charCodeAt(0));
      this.#entries[place] = [...(this.#entries[place] ?? []), { word, value }];
    }
  }

  /** Returns the value of the word in a part of a buffer, if the table contains it. */
  find(bytes: Uint8Array, start: number, end: number): T | undefined {
    const entries = start < end ? this.#entries[placeOf(end - start, bytes[start] as number)] : undefined;
    if (entries === undefined) return undefined;
    for (const { word, value } of entries) if (isWord(bytes, start, word)) return value;
    return undefined;
  }
}

function placeOf(length: number, firstLetter: number): number {
  return length * FIRST_LETTERS + (firstLetter & (FIRST_LETTERS - 1));
}

/**
 * Returns whether the buffer has this word at `start`, in upper or lower case. REQUIRES: `word` is in upper
 * case, and the buffer has enough bytes.
 */
export function isWord(bytes: Uint8Array, start: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[start + i] as number;
    const code = word.charCodeAt(i);
    if (byte !== code && (byte & TO_UPPER_CASE) !== code) return false;
  }
  return true;
}
