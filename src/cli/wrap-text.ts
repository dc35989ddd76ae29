/**
 * Breaks a text between words, so that lines fit a width. Longer words stay whole. REQUIRES: no colour codes.
 */
export function wrapText(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** Writes a message to standard error. Wraps it on a terminal. */
export function writeError(sentence: string): void {
  const { isTTY, columns } = process.stderr;
  process.stderr.write(`${isTTY ? wrapText(sentence, columns) : sentence}\n`);
}
