import { parseArgs } from 'node:util';
import { programsOf } from './base-programs.ts';
import { replay } from './explore.ts';
import { exploreAll, type Totals } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import type { Program } from './program.ts';
import { addProgress, formatProgress, NO_PROGRESS, type Progress, ProgressFile } from './progress-file.ts';
import { parseSchedule } from './schedule-failure.ts';
import { parseSetup } from './setup.ts';

const USAGE = `Runs every schedule of a family of programs on the library, and checks every step.

  npm run prove -- [--family 3x3] [--insert EVENT] [--store keyLocks/hashShards/unbounded/ab] [--shard 1/8]
                   [--progress FILE] [--unreduced]
  npm run prove -- --replay 'LINE'

  --family    the number of transactions x the number of gets and puts of each
  --insert    inserts this event into each program once, in every way: ${Object.keys(INSERTIONS).join(', ')}; or all
  --store     lock strategy / shards / cache / initial keys; separate several stores with commas
  --shard     runs only one part of the programs, for example the first of eight
  --progress  saves the progress in this file and continues from it the next time
  --unreduced runs every schedule instead of one of each class of equivalent schedules
  --replay    runs one schedule, in the format that a failure prints
`;

const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    family: { type: 'string', default: '3x3' },
    insert: { type: 'string' },
    store: { type: 'string', default: 'keyLocks/hashShards/unbounded/ab' },
    shard: { type: 'string', default: '1/1' },
    progress: { type: 'string' },
    unreduced: { type: 'boolean', default: false },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(USAGE);
else if (values.replay !== undefined) await replayLine(values.replay);
else await proveAll();

async function replayLine(line: string): Promise<void> {
  const { setup, program, schedule } = parseSchedule(line);
  const reason = await replay(setup, program, schedule);
  console.log(reason ?? 'Nothing is wrong with this schedule.');
  if (reason !== undefined) process.exitCode = 1;
}

async function proveAll(): Promise<void> {
  const insertions = values.insert === 'all' ? Object.keys(INSERTIONS) : [values.insert];
  const file = new ProgressFile(values.progress);
  let sum = NO_PROGRESS;
  for (const store of values.store.split(',')) {
    for (const insertion of insertions) {
      const progress = await prove(store, insertion, file);
      if (progress === undefined) return;
      sum = addProgress(sum, progress);
    }
  }
  console.log(`together: ${formatProgress(sum)}`);
}

/**
 * Runs one job.
 * @returns undefined after a failure, which it prints
 */
async function prove(
  store: string,
  insertion: string | undefined,
  file: ProgressFile,
): Promise<Progress | undefined> {
  const [shard, shards] = numbers(values.shard, '/');
  const { unreduced, family } = values;
  const job = `${store} ${family} ${insertion ?? 'alone'} ${values.shard}${unreduced ? ' unreduced' : ''}`;
  const before = file.read(job);
  if (before.isDone) {
    console.log(`${job}: done before, ${formatProgress(before)}`);
    return before;
  }
  let { next } = before;
  const chosen = function* (): Generator<Program> {
    for (const [index, program] of numbered(programs(insertion))) {
      if (index < before.next || shardOf(index, shards) !== shard) continue;
      next = index + 1;
      yield program;
    }
  };
  const beganMs = performance.now();
  const progressNow = (totals: Totals, isDone: boolean): Progress =>
    addProgress(before, { ...totals, next, isDone, seconds: (performance.now() - beganMs) / 1000 });
  let shownMs = beganMs;
  const onProgram = (totals: Totals): void => {
    if (performance.now() - shownMs < PROGRESS_EVERY_MS) return;
    shownMs = performance.now();
    const progress = progressNow(totals, false);
    file.write(job, progress);
    console.log(`${job}, before program ${next}: ${formatProgress(progress)}`);
  };
  const reduction = unreduced ? { reduce: false } : { oneOfAKind: true };
  const totals = await exploreAll(parseSetup(store), chosen(), { ...reduction, onProgram });
  const progress = progressNow(totals, totals.failure === undefined);
  console.log(`${job}: ${formatProgress(progress)}`);
  if (totals.failure === undefined) {
    file.write(job, progress);
    return progress;
  }
  console.log(totals.failure);
  process.exitCode = 1;
  return undefined;
}

function programs(insertion: string | undefined): Iterable<Program> {
  const [transactions, operations] = numbers(values.family, 'x');
  const bases = programsOf({ transactions, operations });
  return insertion === undefined ? bases : insertedInto(bases, insertion);
}

/**
 * Returns the shard of a program by Fibonacci hashing. The programs that are run come at regular distances,
 * so a plain division would distribute them unevenly.
 */
function shardOf(index: number, shards: number): number {
  return 1 + Math.floor(((Math.imul(index, 0x9e3779b1) >>> 0) / 2 ** 32) * shards);
}

function* numbered(all: Iterable<Program>): Generator<readonly [index: number, program: Program]> {
  let index = 0;
  for (const program of all) yield [index++, program];
}

function numbers(text: string, separator: string): [number, number] {
  const [one, other] = text.split(separator).map(Number);
  if (Number.isInteger(one) && Number.isInteger(other)) return [one as number, other as number];
  throw new Error(`The argument must be two integers separated by ${separator}, got ${text}.`);
}
