import { Bench } from './bench.ts';
import type { LockRules } from './lock-model.ts';
import type { Occurrence, Program } from './program.ts';
import type { ScheduleFailure } from './schedule-failure.ts';
import { ScheduleRun, Wrong } from './schedule-run.ts';
import { lockRules, type Setup } from './setup.ts';
import { areIndependent, type StepRecord } from './step-record.ts';

// More steps than any program has.
const MAX_STEPS = 100;

export interface ExploreOptions {
  /** Omits schedules that are equivalent to others. @default true where this is sound */
  readonly reduce?: boolean;
  /** Stops after this number of runs. @default Infinity */
  readonly maxRuns?: number;
  /** Draws `maxRuns` random schedules instead of running all. @default undefined: runs all */
  readonly random?: () => number;
  /**
   * Checks the counters of the store after each schedule, not only after the last one of a program.
   * @default false
   */
  readonly thorough?: boolean;
  /** Called with the outcome of each schedule that ran to its end. */
  readonly onOutcome?: (outcome: string) => void;
}

export interface Exploration {
  /** The number of schedules that ran to their end. */
  readonly schedules: number;
  /**
   * The number of runs that were stopped because every continuation of them is covered by an equivalent run.
   */
  readonly pruned: number;
  /** Whether any schedule had a deadlock victim. */
  readonly hasVictims: boolean;
  readonly failure: ScheduleFailure | undefined;
}

/** A position in the schedule at which one of several actors makes the next step. */
interface Choice {
  /** The actors that can make this step and were not tried yet, as bits. */
  untried: number;
  /** The records of the steps that were tried at this position before. */
  readonly tried: StepRecord[];
  /**
   * Steps that need not be tried here. They were tried at an earlier position, and only independent steps
   * lead from there to here.
   */
  readonly asleep: readonly StepRecord[];
}

const UNCOMPARABLE: readonly Occurrence[] = ['evict', 'journal', 'journalFails'];

/**
 * Returns whether steps can be compared. The comparison considers only locks, not the order of use of a cache
 * or the state of a journal.
 */
function canReduce({ cache }: Setup, { environment }: Program): boolean {
  return cache === 'unbounded' && environment.every(({ occurrence }) => !UNCOMPARABLE.includes(occurrence));
}

/**
 * Returns whether a step that no other step depends on can be made immediately. With an environment, such a
 * step cannot be made immediately, because an event may affect its transaction.
 */
function canHasten({ environment }: Program): boolean {
  return environment.length === 0;
}

/**
 * Runs every schedule of a program, depth first. Each schedule runs from the start, so the library need not
 * support undoing steps. Schedules that would step a waiting transaction are impossible and do not occur.
 */
export async function explore(
  setup: Setup,
  program: Program,
  options: ExploreOptions = {},
): Promise<Exploration> {
  // Most errors of a schedule are expected. Their stack traces would take most of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    const exploration = await new Exploring(setup, program, options).run();
    if (exploration.failure === undefined || options.thorough) return exploration;
    // Runs again to find the first schedule after which the counters are wrong.
    const thorough = await new Exploring(setup, program, { ...options, thorough: true }).run();
    return thorough.failure === undefined ? exploration : thorough;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/**
 * The search, with partial-order reduction by sleep sets (Godefroid, *Partial-Order Methods for the
 * Verification of Concurrent Systems*, chapter 5).
 *
 * Schedules that differ only in the order of adjacent independent steps form a class with the same outcome.
 * One schedule of each class runs to its end. Suppose that a step was tried at a position with all its
 * continuations. Then this step sleeps at every position that independent steps lead to from there. The
 * continuations that start with the sleeping step have already run, in another order.
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

  /**
   * Runs one schedule.
   * @returns a description of what is wrong, or `undefined`
   */
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
   * Follows the schedule to its end, and then extends it with the first actor that is not asleep. Returns
   * `false` if all actors are asleep.
   */
  async #follow(run: ScheduleRun): Promise<boolean> {
    const schedule = this.#schedule;
    // Only the last choice of the schedule is new.
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

  /** Makes the step of the schedule at this position. @returns the steps that are asleep after it */
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

  /**
   * Selects the next schedule in lexical order, or a new random one. Returns `false` if no schedule is left.
   */
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

/** Runs one schedule. Returns the reason why it fails, or `undefined`. */
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
