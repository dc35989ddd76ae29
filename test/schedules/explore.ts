import { Bench } from './bench.ts';
import type { Program } from './program.ts';
import type { ScheduleFailure } from './schedule-failure.ts';
import { ScheduleRun, Wrong } from './schedule-run.ts';
import type { Setup } from './setup.ts';
import { isRedundant, type StepRecord } from './step-record.ts';

// Far more than any program has.
const MAX_STEPS = 100;

export interface ExploreOptions {
  /** Leaves out schedules that are equivalent to others. @default where that is sound */
  readonly reduce?: boolean;
  /** Gives up after so many runs. @default Infinity */
  readonly maxRuns?: number;
  /** Looks at the counters of the store after each schedule, and not after the last of a program alone. @default false */
  readonly thorough?: boolean;
  /** Called with the outcome of each schedule that ran to its end. */
  readonly onOutcome?: (outcome: string) => void;
}

export interface Exploration {
  /** Schedules that ran to their end. */
  readonly schedules: number;
  /** Runs that were given up because all that could follow them follows an equivalent one. */
  readonly pruned: number;
  readonly failure: ScheduleFailure | undefined;
}

/** Steps are compared by the keys they touch, which says nothing of an order of use, of time, or of a journal. */
function canReduce(setup: Setup, { environment }: Program): boolean {
  return setup.cache === 'unbounded' && environment.length === 0;
}

/**
 * Runs every schedule of a program: depth first, each from the start, so that the library needs no means to
 * go back. Schedules that cannot happen, because they step a transaction that waits, do not come up.
 */
export async function explore(
  setup: Setup,
  program: Program,
  options: ExploreOptions = {},
): Promise<Exploration> {
  // Most errors of a schedule are expected, and their stacks would take more time than all else.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const exploration = await runAll(setup, program, options);
    if (exploration.failure === undefined || options.thorough) return exploration;
    // Now with the schedule after which something is first wrong.
    const thorough = await runAll(setup, program, { ...options, thorough: true });
    return thorough.failure === undefined ? exploration : thorough;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function runAll(setup: Setup, program: Program, options: ExploreOptions): Promise<Exploration> {
  const { reduce = canReduce(setup, program), maxRuns = Number.POSITIVE_INFINITY } = options;
  const bench = new Bench(setup, program);
  const schedule: number[] = [];
  /** For each step of the schedule, the actors that could have made it and have yet to be tried, as bits. */
  const untried: number[] = [];
  let schedules = 0;
  let pruned = 0;
  const failed = (reason: string): Exploration => {
    return { schedules, pruned, failure: { setup, program, schedule: [...schedule], reason } };
  };
  do {
    await bench.reset();
    const run = new ScheduleRun(bench);
    try {
      await run.begin();
      const isComplete = await runOne(run, schedule, untried, reduce);
      if (isComplete) {
        await run.finish();
        schedules++;
        options.onOutcome?.(run.outcome);
      } else {
        pruned++;
        run.abandon();
      }
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
    const left = options.thorough ? bench.leftoverCounts() : undefined;
    if (left !== undefined) return failed(left);
  } while (advance(schedule, untried) && schedules + pruned < maxRuns);
  const left = bench.leftoverCounts();
  return left === undefined ? { schedules, pruned, failure: undefined } : failed(left);
}

/** Follows the schedule to its end and then the first actor that can make a step; false when that is redundant. */
async function runOne(
  run: ScheduleRun,
  schedule: number[],
  untried: number[],
  reduce: boolean,
): Promise<boolean> {
  const steps: StepRecord[] = [];
  for (let enabled = run.enabled; enabled !== 0; enabled = run.enabled) {
    const depth = steps.length;
    if (depth === MAX_STEPS) throw new Wrong(`no end after ${MAX_STEPS} steps`);
    let actor = schedule[depth];
    if (actor === undefined) {
      actor = lowestBit(enabled);
      schedule.push(actor);
      untried.push(enabled & ~(1 << actor));
    }
    steps.push(await run.step(actor));
    if (reduce && isRedundant(steps)) {
      schedule.length = steps.length;
      untried.length = steps.length;
      return false;
    }
  }
  return true;
}

/** Makes the next schedule in lexical order; false when there is none. */
function advance(schedule: number[], untried: number[]): boolean {
  for (;;) {
    const rest = untried.pop();
    schedule.pop();
    if (rest === undefined) return false;
    if (rest === 0) continue;
    const actor = lowestBit(rest);
    schedule.push(actor);
    untried.push(rest & ~(1 << actor));
    return true;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Runs one schedule; the reason why it fails, or undefined. */
export async function replay(
  setup: Setup,
  program: Program,
  schedule: readonly number[],
): Promise<string | undefined> {
  const bench = new Bench(setup, program);
  await bench.reset();
  const run = new ScheduleRun(bench);
  try {
    await run.begin();
    for (const actor of schedule) await run.step(actor);
    if (run.enabled === 0) await run.finish();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return run.enabled === 0 ? bench.leftoverCounts() : undefined;
}
