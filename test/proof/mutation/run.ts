import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { readSources } from '../symbols/source-symbols.ts';
import { mutatedFiles } from './mutated-files.ts';
import { printReport } from './report.ts';
import type { FileReport } from './survivors.ts';

const USAGE = `Changes the sources in one place at a time, and shows which changes no test notices.

  npm run mutation -- [FILE...]

The files are done one after the other. A run that was stopped continues with the first file that it had not
finished, unless the sources or the tests have changed since.
`;

const ROOT = new URL('../../../', import.meta.url).pathname;
const REPORTS = `${ROOT}reports/mutation/`;
const CONFIG = 'test/proof/mutation/stryker.config.json';
const BUNDLE = 'test/proof/mutation/bundle/all.tests.mjs';
const RUNNER = 'test/proof/mutation/in-process-runner.mjs';

/** Returns a hash of the sources, the tests, and the way in which they are run. */
function version(): string {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/proof/mutation/bundle-tests.ts'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The tests could not be bundled.');
  const hash = createHash('sha256');
  for (const path of [BUNDLE, CONFIG, RUNNER]) hash.update(readFileSync(ROOT + path));
  return hash.digest('hex').slice(0, 12);
}

/** Returns the directory for the reports of this version. Removes the reports of other versions. */
function reportsOfThisVersion(): string {
  const name = version();
  mkdirSync(REPORTS + name, { recursive: true });
  for (const other of readdirSync(REPORTS))
    if (other !== name) rmSync(REPORTS + other, { recursive: true, force: true });
  return `${REPORTS}${name}/`;
}

/** Runs Stryker on one file. Returns undefined if it failed. */
function mutate(file: string, directory: string): FileReport | undefined {
  const path = `${directory}${file.replaceAll('/', '.')}.json`;
  if (!existsSync(path)) {
    const log = openSync(`${directory}stryker.log`, 'a');
    spawnSync('node_modules/.bin/stryker', ['run', CONFIG, '--mutate', file], {
      cwd: ROOT,
      stdio: ['ignore', log, log],
    });
    const written = `${REPORTS}mutation.json`;
    if (!existsSync(written)) return undefined;
    renameSync(written, path);
  }
  const { files } = JSON.parse(readFileSync(path, 'utf8')) as { files: Readonly<Record<string, FileReport>> };
  return files[file] ?? { source: '', mutants: [] };
}

const wanted = process.argv.slice(2);
if (wanted.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}
const known = mutatedFiles(readSources(ROOT));
const unknown = wanted.filter((file) => !known.includes(file));
if (unknown.length > 0) throw new Error(`These files are not mutated: ${unknown.join(', ')}`);
const directory = reportsOfThisVersion();
const reports = new Map<string, FileReport>();
const failed: string[] = [];
for (const file of wanted.length > 0 ? wanted : known) {
  const report = mutate(file, directory);
  if (report === undefined) failed.push(file);
  else reports.set(file, report);
  console.log(`${file}: ${report === undefined ? 'FAILED' : `${report.mutants.length} mutants`}`);
}
console.log();
const isExplained = printReport(reports);
if (failed.length > 0) console.log(`\nStryker failed: ${failed.join(', ')}. See ${directory}stryker.log.`);
if (failed.length > 0 || !isExplained) process.exitCode = 1;
