/** Breaks a text between words, so that no line is wider than this unless a word is. It must have no colours. */
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

/** Writes a sentence to standard error, on a terminal in lines that end between words. */
export function writeError(sentence: string): void {
  const { isTTY, columns } = process.stderr;
  process.stderr.write(`${isTTY ? wrapText(sentence, columns) : sentence}\n`);
}
