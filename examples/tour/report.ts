import { SingleBar } from 'cli-progress';
import colours from 'picocolors';
import { readRegion } from './region.ts';

const INDENT = '   ';
// With the indent, every line fits a terminal of 80 columns.
const TEXT_WIDTH = 76;
const LABEL_WIDTH = 34;
const VALUE_WIDTH = 8;

/** Prints the chapters of the tour, and counts the claims that do not hold. */
export class Report {
  #chapters = 0;
  #claims = 0;
  #broken = 0;

  get brokenClaims(): number {
    return this.#broken;
  }

  chapter(title: string, introduction: string): void {
    this.#chapters++;
    console.log(`\n${colours.bold(`${this.#chapters}. ${title}`)}\n`);
    this.text(introduction);
    console.log();
  }

  text(words: string): void {
    for (const line of wrap(words)) console.log(line === '' ? '' : INDENT + line);
  }

  /** Prints the decisive lines of a chapter, which are regions of its source. The outcome follows below. */
  code(file: string, ...names: readonly string[]): void {
    for (const name of names) {
      const { start, lines } = readRegion(file, name);
      console.log(INDENT + colours.dim(`examples/tour/${file}:${start}`));
      for (const line of lines) console.log(`${INDENT}${colours.dim('|')} ${colours.yellow(line)}`);
    }
    console.log();
  }

  line(words = ''): void {
    console.log(words === '' ? '' : INDENT + words);
  }

  fact(label: string, value: number | string, remark = ''): void {
    const shown = typeof value === 'number' ? count(value) : value;
    const columns = label.padEnd(LABEL_WIDTH) + colours.cyan(shown.padStart(VALUE_WIDTH));
    console.log(INDENT + columns + (remark === '' ? '' : colours.dim(`  ${remark}`)));
  }

  /** Prints a claim and whether it holds. The tour fails if one does not hold. */
  check(claim: string, holds: boolean, found = ''): void {
    this.#claims++;
    if (holds) {
      console.log(`${INDENT}${colours.green('holds ')}  ${claim}`);
      return;
    }
    this.#broken++;
    console.log(`${INDENT}${colours.red('BROKEN')}  ${claim}${found === '' ? '' : ` (found: ${found})`}`);
  }

  summary(seconds: string): void {
    const result = `${this.#claims} claims checked in ${seconds} s, `;
    const broken = `${this.#broken} of them broken`;
    console.log(
      `\n${colours.bold(result + (this.#broken === 0 ? 'all of them hold' : colours.red(broken)))}.\n`,
    );
  }

  /** Shows the progress of a chapter. Without a terminal it shows nothing. */
  progress(what: string, total: number): SingleBar {
    const format = `${INDENT}${what} {bar} {percentage}%`;
    const bar = new SingleBar({
      stream: process.stdout,
      format,
      barCompleteChar: '#',
      barIncompleteChar: '.',
      barsize: 40,
      clearOnComplete: true,
      hideCursor: true,
    });
    bar.start(total, 0);
    return bar;
  }
}

/** Formats a number with separators, the same on every machine. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Breaks a text into lines of limited width. Keeps empty lines between paragraphs. */
function wrap(words: string): string[] {
  return words.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const line = lines.at(-1) ?? '';
      if (line === '') lines[lines.length - 1] = word;
      else if (line.length + 1 + word.length <= TEXT_WIDTH) lines[lines.length - 1] = `${line} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
