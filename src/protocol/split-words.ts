// A word without quotes. A quote within a word is part of it.
const BARE = /[^ \t"'][^ \t]*/y;
const GAP = /[ \t]*/y;
// Looked for one by one: a pattern of a whole quoted word has no end of stack for a word of some megabytes.
const QUOTE_OR_ESCAPE = /["\\]/g;
// Within single quotes, a backslash means something only before a single quote.
const SINGLE_QUOTE_OR_ESCAPE = /'|\\'/g;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Why a line does not fall into words. */
export const OPEN_QUOTE = 'A quote is not closed at the end of a word.';

/**
 * Splits a typed line into words, as docs/protocol.md describes them. Returns undefined for `OPEN_QUOTE`.
 */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  const text = line.trimEnd();
  for (let position = 0; position < text.length; ) {
    const start = endOf(GAP, text, position) ?? position;
    const quote = text[start];
    const isQuoted = quote === '"' || quote === "'";
    const end = isQuoted ? endOfQuoted(text, start + 1, quote) : endOf(BARE, text, start);
    if (end === undefined) return undefined;
    words.push(isQuoted ? unescaped(text.slice(start + 1, end - 1), quote) : text.slice(start, end));
    position = end;
  }
  return words;
}

/** Where what matches at `start` ends. */
function endOf(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Behind the closing quote, which must be followed by a gap. */
function endOfQuoted(text: string, start: number, quote: string): number | undefined {
  const pattern = quote === '"' ? QUOTE_OR_ESCAPE : SINGLE_QUOTE_OR_ESCAPE;
  pattern.lastIndex = start;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const end = pattern.lastIndex;
    if (found[0] === quote) return end === text.length || /[ \t]/.test(text[end] ?? '') ? end : undefined;
    // A backslash before a double-quoted character takes that character with it.
    if (quote === '"') pattern.lastIndex = end + 1;
  }
  return undefined;
}

function unescaped(quoted: string, quote: string): string {
  if (quote === "'") return quoted.replaceAll("\\'", "'");
  return quoted.replace(ESCAPE, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (ESCAPED[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
