import { type ExploreOptions, explore } from './explore.ts';
import type { Program } from './program.ts';
import { formatSchedule, type ScheduleFailure } from './schedule-failure.ts';
import type { Setup } from './setup.ts';
import { shrink } from './shrink.ts';
import { canExchange, inOtherOrders, isFirstOfItsKind } from './symmetry.ts';

export interface Totals {
  /** Programs that the claim is about. */
  programs: number;
  /** Those of them that were run, the others being the same but for names. */
  run: number;
  /** Schedules that ran to their end. */
  schedules: number;
  /** Runs that were given up, because an equivalent one was made. */
  pruned: number;
  /** The first failure, shrunk, as lines to read and to replay; undefined without one. */
  failure: string | undefined;
}

export interface ExploreAllOptions extends ExploreOptions {
  /**
   * Runs one program of each kind. Programs are of a kind if they differ only in the order of their
   * transactions and in the names of their keys, and so must do the same. The first program of a kind stands
   * for all: a kind is left out if its first program is not among the programs. @default false
   */
  readonly oneOfAKind?: boolean;
  /** Called after each program with what came of all so far. */
  readonly onProgram?: (totals: Totals) => void;
}

/** Runs every schedule of every program, up to the first that fails. */
export async function exploreAll(
  setup: Setup,
  programs: Iterable<Program>,
  options: ExploreAllOptions = {},
): Promise<Totals> {
  const totals: Totals = { programs: 0, run: 0, schedules: 0, pruned: 0, failure: undefined };
  for (const program of programs) {
    totals.programs++;
    const oneOfAKind = options.oneOfAKind === true && canExchange(program);
    if (!oneOfAKind || isFirstOfItsKind(setup, program)) {
      const hasVictims = await run(setup, program, options, totals);
      // Who is rolled back goes by age, and so the order of the transactions makes a difference.
      const others = oneOfAKind && hasVictims ? inOtherOrders(program) : [];
      for (const other of others) if (totals.failure === undefined) await run(setup, other, options, totals);
    }
    if (totals.failure !== undefined) break;
    options.onProgram?.(totals);
  }
  return totals;
}

/** @returns whether a schedule had a victim */
async function run(
  setup: Setup,
  program: Program,
  options: ExploreOptions,
  totals: Totals,
): Promise<boolean> {
  const { schedules, pruned, hasVictims, failure } = await explore(setup, program, options);
  totals.run++;
  totals.schedules += schedules;
  totals.pruned += pruned;
  if (failure !== undefined) totals.failure = await describeShrunk(failure);
  return hasVictims;
}

async function describeShrunk(failure: ScheduleFailure): Promise<string> {
  const smallest = await shrink(failure);
  return [
    smallest.reason,
    `  npm run prove -- --replay '${formatSchedule(smallest)}'`,
    `  shrunk from '${formatSchedule(failure)}' (${failure.reason})`,
  ].join('\n');
}
