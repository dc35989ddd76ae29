import { type ExploreOptions, explore } from './explore.ts';
import type { Program } from './program.ts';
import { formatSchedule, type ScheduleFailure } from './schedule-failure.ts';
import type { Setup } from './setup.ts';
import { shrink } from './shrink.ts';
import { canExchange, inOtherOrders, isFirstOfItsKind } from './symmetry.ts';

export interface Totals {
  /** The number of programs that the result covers. */
  programs: number;
  /** The number of programs that were run. The other programs differ from these only in names. */
  run: number;
  /** The number of schedules that ran to their end. */
  schedules: number;
  /** The number of runs that were stopped because an equivalent run was made. */
  pruned: number;
  /** The first failure, shrunk, with the command that replays it. `undefined` if there is none. */
  failure: string | undefined;
}

export interface ExploreAllOptions extends ExploreOptions {
  /**
   * Runs one program of each kind. Programs of the same kind differ only in the order of their transactions
   * and the names of their keys, so they behave the same. The first program of a kind represents all. A kind
   * is omitted if its first program is not among the programs. @default false
   */
  readonly oneOfAKind?: boolean;
  /** Called after each program with the totals so far. */
  readonly onProgram?: (totals: Totals) => void;
}

/** Runs every schedule of every program, until one fails. */
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
      // The choice of a victim depends on age, so the order of the transactions makes a difference.
      const others = oneOfAKind && hasVictims ? inOtherOrders(program) : [];
      for (const other of others) if (totals.failure === undefined) await run(setup, other, options, totals);
    }
    if (totals.failure !== undefined) break;
    options.onProgram?.(totals);
  }
  return totals;
}

/**
 * Runs every schedule of one program.
 * @returns whether a schedule had a victim
 */
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
