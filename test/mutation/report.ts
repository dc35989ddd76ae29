import { readFileSync } from 'node:fs';
import { EXPLAINED } from './explained.ts';

/** What this needs of a report of Stryker's (the mutation testing report schema). */
interface Mutant {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

/** A mutant that no test has noticed. */
interface Survivor {
  readonly file: string;
  readonly line: number;
  /** The code that was replaced, and what replaced it, each on one line. */
  readonly change: string;
}

const REPORT = new URL('../../reports/mutation/mutation.json', import.meta.url);

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function textAt(source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  // The end first, since both may be on the same line.
  lines[last] = (lines[last] ?? '').slice(0, end.column - 1);
  lines[0] = (lines[0] ?? '').slice(start.column - 1);
  return onOneLine(lines.join('\n'));
}

/**
 * The line with the mutation is part of it, since the same text may stand in many places; its number is not, since
 * that changes with every edit above.
 */
function survivorsIn(file: string, source: string, mutants: readonly Mutant[]): Survivor[] {
  const lines = source.split('\n');
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ location, replacement = '' }) => {
      const line = onOneLine(lines[location.start.line - 1] ?? '');
      const original = textAt(source, location);
      return {
        file,
        line: location.start.line,
        change: `${line} ## ${original} → ${onOneLine(replacement)}`,
      };
    });
}

const { files } = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
const mutants = Object.values(files).flatMap((file) => file.mutants);
const count = (...statuses: string[]): number =>
  mutants.filter(({ status }) => statuses.includes(status)).length;
const killed = count('Killed', 'Timeout');
const all = killed + count('Survived', 'NoCoverage');
const survivors = Object.entries(files).flatMap(([file, { source, mutants: own }]) =>
  survivorsIn(file, source, own),
);

console.log(
  `${all} mutants, ${killed} killed (${((100 * killed) / all).toFixed(1)} %), ${all - killed} survive.`,
);
console.log(`${count('Ignored')} that only change what is done when a module is loaded were left out.`);
let explained = 0;
for (const [reason, changes] of Object.entries(EXPLAINED)) {
  const found = survivors.filter(({ file, change }) => changes.includes(`${file}: ${change}`));
  explained += found.length;
  console.log(`\n${reason} (${found.length})\n`);
  for (const { file, line, change } of found) console.log(`- ${file}:${line}: ${change}`);
}
const everyChange = new Set(Object.values(EXPLAINED).flat());
const open = survivors.filter(({ file, change }) => !everyChange.has(`${file}: ${change}`));
if (open.length > 0) {
  console.log(`\nNot explained (${open.length})\n`);
  for (const { file, line, change } of open) console.log(`- ${file}:${line}: ${change}`);
  process.exitCode = 1;
}
console.log(`\n${explained} survivors are explained, ${open.length} are not.`);
