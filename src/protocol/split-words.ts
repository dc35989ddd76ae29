// A word that does not begin with a quote. A quote inside it is an ordinary character.
const BARE = /[^ \t"'][^ \t]*/y;
const GAP = /[ \t]*/y;
// Found one at a time: a pattern for a whole quoted word overflows the stack on a word of several megabytes.
const QUOTE_OR_ESCAPE = /["\\]/g;
// Inside single quotes, a backslash is special only before a single quote.
const SINGLE_QUOTE_OR_ESCAPE = /'|\\'/g;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The error message for a line that cannot be split into words. */
export const OPEN_QUOTE = 'Every quote must be closed and followed by a space.';

/**
 * Splits a typed line into words, as docs/protocol.md describes. Returns `undefined` if a quote is not closed
 * at the end of a word.
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

/** Returns the end of the match at `start`, or `undefined` if the pattern does not match there. */
function endOf(pattern: RegExp, text: string, start: number): number | undefined {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

/** Returns the index after the closing quote, or `undefined` if there is none or no gap follows it. */
function endOfQuoted(text: string, start: number, quote: string): number | undefined {
  const pattern = quote === '"' ? QUOTE_OR_ESCAPE : SINGLE_QUOTE_OR_ESCAPE;
  pattern.lastIndex = start;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const end = pattern.lastIndex;
    if (found[0] === quote) return end === text.length || /[ \t]/.test(text[end] ?? '') ? end : undefined;
    // Inside double quotes, a backslash escapes the next character, so skip it.
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
