import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from './run-process.ts';

/** What a check says of a store with a bug. */
export interface Verdict {
  /** What fails, in words; undefined when the check finds nothing wrong. */
  readonly found: string | undefined;
  readonly seconds: number;
}

// Long enough for a busy machine; a fault that makes the store turn in circles takes all of it.
const LIMIT_MS = 300_000;

/** With this Node ends when a module waits for a promise that nobody can settle any more. */
const NOTHING_LEFT_TO_HAPPEN = 13;

const VITEST = ['node_modules/vitest/vitest.mjs', 'run'];
const RESULTS = 'seeded-bug-results.json';

/** The parts of the written tests, in the order in which they run. */
const PARTS: readonly (readonly [folder: string, part: string])[] = [
  ['test/locks/', 'lock suite'],
  ['test/proof/mutation/store-suite', 'store suite'],
  ['test/lifecycle/', 'lifecycle'],
  ['test/memory/', 'memory'],
];

/** The tests that somebody wrote for a case that he had thought of. */
export function writtenTests(directory: string): Promise<Verdict> {
  return vitest(
    directory,
    '--config',
    'test/proof/mutation/vitest.config.ts',
    ...PARTS.map(([folder]) => folder),
  );
}

/** Transactions at random beside each other, their history under the checker of histories. */
export function randomHistories(directory: string): Promise<Verdict> {
  return vitest(directory, 'test/proof/histories/random-histories', '-t', 'are strictly serializable');
}

/** Every interleaving of small programs. */
export async function schedules(directory: string): Promise<Verdict> {
  const args = ['--import', 'tsx', 'test/proof/seeded-bugs/hunt-schedules.ts'];
  const { exitCode, output, seconds } = await runProcess(args, directory, LIMIT_MS);
  if (exitCode === undefined) return { found: 'does not end', seconds };
  if (exitCode !== 0 && exitCode !== NOTHING_LEFT_TO_HAPPEN)
    throw new Error(`The schedules broke down:\n${output}`);
  const { schedules: count, failure } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as {
    schedules: number;
    failure: string | undefined;
  };
  const line = /--replay '(.*)'/.exec(failure ?? '')?.[1];
  return { found: failure && `after ${count.toLocaleString('en')} schedules: \`${line}\``, seconds };
}

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

async function vitest(directory: string, ...what: string[]): Promise<Verdict> {
  const flags = ['--bail=1', '--testTimeout=10000', '--no-file-parallelism'];
  const report = ['--reporter=json', `--outputFile=${RESULTS}`];
  const { exitCode, output, seconds } = await runProcess(
    [...VITEST, ...what, ...flags, ...report],
    directory,
    LIMIT_MS,
  );
  if (exitCode === undefined) return { found: 'does not end', seconds };
  if (exitCode === 0) return { found: undefined, seconds };
  const results = join(directory, RESULTS);
  if (!existsSync(results)) throw new Error(`vitest broke down:\n${output}`);
  const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as Results;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed === undefined) continue;
    const part = PARTS.find(([folder]) => name.includes(folder))?.[1];
    return { found: part === undefined ? failed.fullName : `${part}: ${failed.fullName}`, seconds };
  }
  if (output.includes('Unhandled')) return { found: 'an unhandled rejection', seconds };
  throw new Error(`vitest broke down:\n${output}`);
}
