// A word without quotes.
const BARE = /[^ \t"][^ \t]*/y;
const GAP = /[ \t]*/y;
// Looked for one by one: a pattern of a whole quoted word has no end of stack for a word of some megabytes.
const QUOTE_OR_ESCAPE = /["\\]/g;
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|(.))/gs;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The words of a typed line, as docs/protocol.md describes them; undefined when a quote is not closed at the end of a word. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  const text = line.trimEnd();
  for (let position = 0; position < text.length; ) {
    const start = endOf(GAP, text, position) ?? position;
    const isQuoted = text[start] === '"';
    const end = isQuoted ? endOfQuoted(text, start + 1) : endOf(BARE, text, start);
    if (end === undefined) return undefined;
    words.push(isQuoted ? unescaped(text.slice(start + 1, end - 1)) : text.slice(start, end));
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
function endOfQuoted(text: string, start: number): number | undefined {
  QUOTE_OR_ESCAPE.lastIndex = start;
  for (let found = QUOTE_OR_ESCAPE.exec(text); found !== null; found = QUOTE_OR_ESCAPE.exec(text)) {
    const end = QUOTE_OR_ESCAPE.lastIndex;
    if (found[0] === '"') return end === text.length || /[ \t]/.test(text[end] ?? '') ? end : undefined;
    QUOTE_OR_ESCAPE.lastIndex = end + 1;
  }
  return undefined;
}

function unescaped(quoted: string): string {
  return quoted.replace(ESCAPE, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (ESCAPED[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
