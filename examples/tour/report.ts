import { SingleBar } from 'cli-progress';
import colours from 'picocolors';

const INDENT = '   ';
const TEXT_WIDTH = 84;
const LABEL_WIDTH = 38;
const VALUE_WIDTH = 10;

/** What a chapter tells its reader, and the count of the claims that turned out to be false. */
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

  line(words = ''): void {
    console.log(words === '' ? '' : INDENT + words);
  }

  fact(label: string, value: number | string, remark = ''): void {
    const shown = typeof value === 'number' ? count(value) : value;
    const columns = label.padEnd(LABEL_WIDTH) + colours.cyan(shown.padStart(VALUE_WIDTH));
    console.log(INDENT + columns + (remark === '' ? '' : colours.dim(`   ${remark}`)));
  }

  /** States something that must be true. A tour in which one of them is not ends with a failure. */
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

  /** A bar for what takes a while. Without a terminal it shows nothing. */
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

/** A number with separators, alike on every machine. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Lines of limited width; an empty line between paragraphs stays. */
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
