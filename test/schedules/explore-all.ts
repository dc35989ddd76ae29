import { type ExploreOptions, explore } from './explore.ts';
import type { Program } from './program.ts';
import { formatSchedule } from './schedule-failure.ts';
import type { Setup } from './setup.ts';
import { shrink } from './shrink.ts';

export interface Totals {
  programs: number;
  /** Schedules that ran to their end. */
  schedules: number;
  /** Runs that were given up, because an equivalent one was made. */
  pruned: number;
  /** The first failure, shrunk, as lines to read and to replay; undefined without one. */
  failure: string | undefined;
}

/** Runs every schedule of every program, up to the first that fails. */
export async function exploreAll(
  setup: Setup,
  programs: Iterable<Program>,
  options: ExploreOptions = {},
  onProgram: (totals: Totals) => void = () => {},
): Promise<Totals> {
  const totals: Totals = { programs: 0, schedules: 0, pruned: 0, failure: undefined };
  for (const program of programs) {
    const { schedules, pruned, failure } = await explore(setup, program, options);
    totals.programs++;
    totals.schedules += schedules;
    totals.pruned += pruned;
    if (failure !== undefined) {
      const smallest = await shrink(failure);
      totals.failure = [
        smallest.reason,
        `  npm run prove -- --replay '${formatSchedule(smallest)}'`,
        `  shrunk from '${formatSchedule(failure)}' (${failure.reason})`,
      ].join('\n');
      return totals;
    }
    onProgram(totals);
  }
  return totals;
}
