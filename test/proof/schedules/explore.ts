import { Bench } from './bench.ts';
import type { LockRules } from './lock-model.ts';
import type { Occurrence, Program } from './program.ts';
import type { ScheduleFailure } from './schedule-failure.ts';
import { ScheduleRun, Wrong } from './schedule-run.ts';
import { lockRules, type Setup } from './setup.ts';
import { areIndependent, type StepRecord } from './step-record.ts';

// Far more than any program has.
const MAX_STEPS = 100;

export interface ExploreOptions {
  /** Leaves out schedules that are equivalent to others. @default where that is sound */
  readonly reduce?: boolean;
  /** Gives up after so many runs. @default Infinity */
  readonly maxRuns?: number;
  /** Draws `maxRuns` schedules, instead of running all. @default none is drawn */
  readonly random?: () => number;
  /**
   * Looks at the counters of the store after each schedule, and not after the last of a program alone.
   * @default false
   */
  readonly thorough?: boolean;
  /** Called with the outcome of each schedule that ran to its end. */
  readonly onOutcome?: (outcome: string) => void;
}

export interface Exploration {
  /** Schedules that ran to their end. */
  readonly schedules: number;
  /** Runs that were given up because all that could follow them follows an equivalent one. */
  readonly pruned: number;
  /** Whether any of them had a victim. */
  readonly hasVictims: boolean;
  readonly failure: ScheduleFailure | undefined;
}

/** A place in the schedule at which one of several actors makes the next step. */
interface Choice {
  /** The actors that could make it and have yet to be tried, as bits. */
  untried: number;
  /** What the steps that were tried here before did. */
  readonly tried: StepRecord[];
  /**
   * Steps that could be made here, and that were tried before in a place from which independent ones alone
   * led here.
   */
  readonly asleep: readonly StepRecord[];
}

const UNCOMPARABLE: readonly Occurrence[] = ['evict', 'journal', 'journalFails'];

/** Steps are compared by their locks, which says nothing of an order of use, or of a journal. */
function canReduce({ cache }: Setup, { environment }: Program): boolean {
  return cache === 'unbounded' && environment.every(({ occurrence }) => !UNCOMPARABLE.includes(occurrence));
}

/**
 * A step that nothing depends on is not made at any time by all who can be told of it: something may happen
 * to its transaction.
 */
function canHasten({ environment }: Program): boolean {
  return environment.length === 0;
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
    const exploration = await new Exploring(setup, program, options).run();
    if (exploration.failure === undefined || options.thorough) return exploration;
    // Now with the schedule after which something is first wrong.
    const thorough = await new Exploring(setup, program, { ...options, thorough: true }).run();
    return thorough.failure === undefined ? exploration : thorough;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * The search, with partial-order reduction by sleep sets (Godefroid, *Partial-Order Methods for the
 * Verification of Concurrent Systems*, chapter 5). Schedules that differ only in the order of neighbouring
 * independent steps form a class, all of whose members end alike; one of each is run to its end. When a step
 * has been tried in a place, with all that can follow it, it sleeps in the places that independent steps lead
 * to from there: what begins with them and goes on with it has been run already, the other way round.
 */
class Exploring {
  readonly #setup: Setup;
  readonly #program: Program;
  readonly #options: ExploreOptions;
  readonly #bench: Bench;
  readonly #rules: LockRules;
  readonly #reduces: boolean;
  readonly #hastens: boolean;
  readonly #schedule: number[] = [];
  readonly #choices: Choice[] = [];
  #schedules = 0;
  #pruned = 0;
  #hasVictims = false;

  constructor(setup: Setup, program: Program, options: ExploreOptions) {
    this.#setup = setup;
    this.#program = program;
    this.#options = options;
    this.#bench = new Bench(setup, program);
    this.#rules = lockRules(setup);
    this.#reduces = options.random === undefined && (options.reduce ?? canReduce(setup, program));
    this.#hastens = this.#reduces && canHasten(program);
  }

  async run(): Promise<Exploration> {
    const { thorough, maxRuns = Number.POSITIVE_INFINITY } = this.#options;
    do {
      const wrong = await this.#runOne();
      const left = wrong ?? (thorough ? this.#bench.leftoverCounts() : undefined);
      if (left !== undefined) return this.#result(left);
    } while (this.#advance() && this.#schedules + this.#pruned < maxRuns);
    return this.#result(this.#bench.leftoverCounts());
  }

  #result(reason: string | undefined): Exploration {
    const { schedule, setup, program } = {
      schedule: [...this.#schedule],
      setup: this.#setup,
      program: this.#program,
    };
    const failure = reason === undefined ? undefined : { setup, program, schedule, reason };
    return { schedules: this.#schedules, pruned: this.#pruned, hasVictims: this.#hasVictims, failure };
  }

  /** @returns what is wrong, or undefined */
  async #runOne(): Promise<string | undefined> {
    await this.#bench.reset();
    const run = new ScheduleRun(this.#bench);
    try {
      await run.begin();
      if (await this.#follow(run)) {
        await run.finish();
        this.#schedules++;
        this.#options.onOutcome?.(run.outcome);
      } else {
        await run.abandon();
        this.#pruned++;
      }
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    this.#hasVictims ||= run.hasVictims;
    return undefined;
  }

  /**
   * Follows the schedule to its end, and then whoever comes first of those that are awake; false when nobody
   * is.
   */
  async #follow(run: ScheduleRun): Promise<boolean> {
    const schedule = this.#schedule;
    // Its last choice is the one that is new.
    for (let depth = 0; depth < schedule.length - 1; depth++) await run.step(schedule[depth] as number);
    let asleep = await this.#make(run, schedule.length - 1);
    for (let { enabled } = run; enabled !== 0; enabled = run.enabled) {
      if (schedule.length === MAX_STEPS) throw new Wrong(`no end after ${MAX_STEPS} steps`);
      const hastened = this.#hastens ? run.covered : undefined;
      const awake = hastened === undefined ? enabled & ~actorsOf(asleep) : 1 << hastened;
      if (awake === 0) return false;
      const actor =
        this.#options.random === undefined ? lowestBit(awake) : drawn(awake, this.#options.random);
      schedule.push(actor);
      this.#choices.push({ untried: awake & ~(1 << actor), tried: [], asleep });
      if (hastened === undefined) asleep = await this.#make(run, schedule.length - 1);
      else await run.step(hastened);
    }
    return true;
  }

  /** Makes the step of the schedule at this place. @returns who sleeps after it */
  async #make(run: ScheduleRun, depth: number): Promise<readonly StepRecord[]> {
    const actor = this.#schedule[depth];
    const choice = this.#choices[depth];
    if (actor === undefined || choice === undefined) return [];
    const made = await run.step(actor);
    if (!this.#reduces) return [];
    const asleep = [...choice.asleep, ...choice.tried].filter((step) =>
      areIndependent(step, made, this.#rules),
    );
    choice.tried.push(made);
    return asleep;
  }

  /** Makes the next schedule in lexical order, or one that is yet to be drawn; false when there is none. */
  #advance(): boolean {
    if (this.#options.random !== undefined) {
      this.#schedule.length = 0;
      this.#choices.length = 0;
      return true;
    }
    for (;;) {
      const choice = this.#choices.at(-1);
      if (choice === undefined) return false;
      this.#schedule.pop();
      if (choice.untried !== 0) {
        const actor = lowestBit(choice.untried);
        choice.untried &= ~(1 << actor);
        this.#schedule.push(actor);
        return true;
      }
      this.#choices.pop();
    }
  }
}

function actorsOf(steps: readonly StepRecord[]): number {
  let bits = 0;
  for (const { actor } of steps) bits |= 1 << actor;
  return bits;
}

function drawn(bits: number, random: () => number): number {
  const actors = Array.from({ length: 32 }, (_, actor) => actor).filter(
    (actor) => (bits & (1 << actor)) !== 0,
  );
  return actors[Math.floor(random() * actors.length)] as number;
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
