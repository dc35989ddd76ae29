import { readFileSync } from 'node:fs';

/** Lines of a source between `// #region NAME` and `// #endregion`. */
export interface Region {
  /** The number of the first line. */
  readonly start: number;
  /** The lines, without the indent that they share. */
  readonly lines: readonly string[];
}

/** Reads a region of a source of the tour, so that the tour shows the code that it runs. */
export function readRegion(file: string, name: string): Region {
  const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n');
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`) + 1;
  const length = lines.slice(start).findIndex((line) => line.trim() === '// #endregion');
  if (start === 0 || length < 0) throw new Error(`${file} has no region '${name}'.`);
  return { start: start + 1, lines: withoutIndent(lines.slice(start, start + length)) };
}

function withoutIndent(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...indents)));
}
