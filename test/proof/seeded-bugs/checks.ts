import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProcess } from './run-process.ts';

/** The result of a check of a store with a bug. */
export interface Verdict {
  /** Describes the failure; undefined if the check passes. */
  readonly found: string | undefined;
  readonly seconds: number;
}

// Long enough for a busy machine. A bug that puts the store into an endless loop takes all of this time.
const LIMIT_MS = 1_800_000;
/** The time limit of one test. A bug that makes a test wait for ever takes all of this time. */
const TEST_LIMIT_MS = 60_000;

/** Node's exit code if a module waits for a promise that nothing can settle any more. */
const UNSETTLED_AWAIT = 13;

const VITEST = ['node_modules/vitest/vitest.mjs', 'run'];
const RESULTS = 'seeded-bug-results.json';

/** The parts of the written tests, in the order in which they run. */
const PARTS: readonly (readonly [folder: string, part: string])[] = [
  ['test/locks/', 'lock suite'],
  ['test/proof/mutation/store-suite', 'store suite'],
  ['test/lifecycle/', 'lifecycle'],
  ['test/memory/', 'memory'],
];

/** Runs the tests that were written for one case each. */
export function writtenTests(directory: string): Promise<Verdict> {
  return vitest(
    directory,
    '--config',
    'test/proof/mutation/vitest.config.ts',
    ...PARTS.map(([folder]) => folder),
  );
}

/** Runs concurrent transactions at random and checks their history. */
export function randomHistories(directory: string): Promise<Verdict> {
  return vitest(directory, 'test/proof/histories/random-histories', '-t', 'are strictly serializable');
}

/** Runs small programs in every interleaving. */
export async function schedules(directory: string): Promise<Verdict> {
  const args = ['--import', 'tsx', 'test/proof/seeded-bugs/hunt-schedules.ts'];
  const { exitCode, output, seconds } = await runProcess(args, directory, LIMIT_MS);
  if (exitCode === undefined) return { found: 'does not end', seconds };
  if (exitCode !== 0 && exitCode !== UNSETTLED_AWAIT)
    throw new Error(`The schedules could not be run:\n${output}`);
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

async function vitest(directory: string, ...args: string[]): Promise<Verdict> {
  const flags = ['--bail=1', `--testTimeout=${TEST_LIMIT_MS}`, '--no-file-parallelism'];
  const report = ['--reporter=json', `--outputFile=${RESULTS}`];
  const { exitCode, output, seconds } = await runProcess(
    [...VITEST, ...args, ...flags, ...report],
    directory,
    LIMIT_MS,
  );
  if (exitCode === undefined) return { found: 'does not end', seconds };
  if (exitCode === 0) return { found: undefined, seconds };
  const results = join(directory, RESULTS);
  if (!existsSync(results)) throw new Error(`Vitest could not be run:\n${output}`);
  const { testResults } = JSON.parse(readFileSync(results, 'utf8')) as Results;
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed === undefined) continue;
    const part = PARTS.find(([folder]) => name.includes(folder))?.[1];
    return { found: part === undefined ? failed.fullName : `${part}: ${failed.fullName}`, seconds };
  }
  if (output.includes('Unhandled')) return { found: 'an unhandled rejection', seconds };
  throw new Error(`Vitest could not be run:\n${output}`);
}
