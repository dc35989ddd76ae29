import { parseArgs } from 'node:util';
import { randomHistories, schedules, type Verdict, writtenTests } from './checks.ts';
import type { SeededBug } from './seeded-bug.ts';
import { SEEDED_BUGS } from './seeded-bugs.ts';
import { withPatchedTree } from './with-patched-tree.ts';

const USAGE = `Puts one bug at a time into a copy of the sources and shows which checks find it.

  npm run seeded-bugs -- [--only NAME] [--shard 1/4] [--check NAME]

  --only   only the bug of this name; --only list shows all names
  --shard  every fourth bug, starting with the first
  --check  only this check: 'written tests', 'schedules' or 'random histories'
`;

const CHECKS = { 'written tests': writtenTests, schedules, 'random histories': randomHistories };

function chosenChecks(name: string | undefined): [name: string, check: (typeof CHECKS)['schedules']][] {
  const checks = Object.entries(CHECKS).filter(([other]) => name === undefined || other === name);
  if (checks.length === 0) throw new Error(`There is no check '${name}'.`);
  return checks;
}

function chosen(only: string | undefined, shard: string): readonly SeededBug[] {
  if (only !== undefined) {
    const bug = SEEDED_BUGS.find(({ name }) => name === only);
    if (bug !== undefined) return [bug];
    throw new Error(
      `There is no bug '${only}'. There are:\n${SEEDED_BUGS.map(({ name }) => name).join('\n')}`,
    );
  }
  const [number = 1, of = 1] = shard.split('/').map(Number);
  return SEEDED_BUGS.filter((_, index) => index % of === number - 1);
}

function cell({ found, seconds }: Verdict): string {
  const text = found === undefined ? 'no' : found.replaceAll('|', '\\|');
  return `${text} (${seconds.toFixed(1)} s)`;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    shard: { type: 'string', default: '1/1' },
    check: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const checks = chosenChecks(values.check);
const names = checks.map(([name]) => name);
const foundBy = new Map(names.map((name) => [name, 0]));
const survivors: string[] = [];
const bugs = chosen(values.only, values.shard);
console.log(`| bug | ${names.join(' | ')} |\n|${' --- |'.repeat(names.length + 1)}`);
for (const bug of bugs) {
  const cells: string[] = [];
  let isFound = false;
  await withPatchedTree(bug, async (directory) => {
    for (const [name, check] of checks) {
      const verdict = await check(directory);
      cells.push(cell(verdict));
      if (verdict.found === undefined) continue;
      isFound = true;
      foundBy.set(name, (foundBy.get(name) ?? 0) + 1);
    }
  });
  console.log(`| **${bug.name}**: ${bug.what} | ${cells.join(' | ')} |`);
  if (!isFound) survivors.push(bug.name);
}
const counts = Array.from(foundBy, ([name, count]) => `${count} by ${name}`);
console.log(`\nOf ${bugs.length} bugs, ${bugs.length - survivors.length} were found: ${counts.join(', ')}.`);
if (survivors.length > 0) {
  console.log(`Not found: ${survivors.join(', ')}.`);
  process.exitCode = 1;
}
