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

const REPORT = new URL('../../../reports/mutation/mutation.json', import.meta.url);

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
 * The line with the mutation is part of it, since the same text may stand in many places; its number is not,
 * since that changes with every edit above.
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

function count(mutants: readonly Mutant[], ...statuses: string[]): number {
  return mutants.filter(({ status }) => statuses.includes(status)).length;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`;
}

function list(title: string, survivors: readonly Survivor[]): void {
  console.log(`\n**${title}** (${survivors.length})\n`);
  // Enough of each to find it; several on one line are one point.
  const points = new Map<string, number>();
  for (const { file, line } of survivors) {
    const place = `${file.replace('src/', '')}:${line}`;
    points.set(place, (points.get(place) ?? 0) + 1);
  }
  console.log(
    Array.from(points, ([place, times]) => (times === 1 ? place : `${place} (${times})`)).join(', '),
  );
}

const { files } = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
const mutants = Object.values(files).flatMap((file) => file.mutants);
const killed = count(mutants, 'Killed', 'Timeout');
const all = killed + count(mutants, 'Survived', 'NoCoverage');
const survivors = Object.entries(files).flatMap(([file, { source, mutants: own }]) =>
  survivorsIn(file, source, own),
);

console.log(`${all} mutants, ${killed} killed (${percent(killed, all)}), ${all - killed} survive.`);
console.log(
  `${count(mutants, 'Timeout')} of the killed ran without end. Left out: what changes texts, or what is done when a ` +
    'module is loaded.\n',
);
console.log('| file | mutants | killed | |\n| --- | --- | --- | --- |');
for (const [file, { mutants: own }] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
  const ownKilled = count(own, 'Killed', 'Timeout');
  const ownAll = ownKilled + count(own, 'Survived', 'NoCoverage');
  if (ownAll > 0)
    console.log(`| ${file.replace('src/', '')} | ${ownAll} | ${ownKilled} | ${percent(ownKilled, ownAll)} |`);
}

const reasonOf = new Map(
  Object.entries(EXPLAINED).flatMap(([reason, changes]) =>
    changes.map((change) => [change, reason] as const),
  ),
);
const byReason = new Map(Object.keys(EXPLAINED).map((reason) => [reason, [] as Survivor[]]));
const open: Survivor[] = [];
for (const survivor of survivors) {
  const reason = reasonOf.get(`${survivor.file}: ${survivor.change}`);
  (reason === undefined ? open : (byReason.get(reason) ?? open)).push(survivor);
}
for (const [reason, explained] of byReason) if (explained.length > 0) list(reason, explained);
if (open.length > 0) {
  console.log(`\n**Not explained** (${open.length})\n`);
  for (const { file, line, change } of open) console.log(`- ${file}:${line}: ${change}`);
  process.exitCode = 1;
}
console.log(`\n${survivors.length - open.length} survivors are explained, ${open.length} are not.`);
