import { explore } from './explore.ts';
import type { Program } from './program.ts';
import type { ScheduleFailure } from './schedule-failure.ts';

// Enough for every program that can be shrunk. A larger program stays as it is.
const MAX_RUNS = 5_000;

/**
 * Returns a smaller program that still fails on some schedule. Removes events and whole transactions, one at
 * a time, as long as a schedule of the rest fails.
 */
export async function shrink(failure: ScheduleFailure): Promise<ScheduleFailure> {
  for (const program of smallerThan(failure.program)) {
    const { failure: smaller } = await explore(failure.setup, program, { maxRuns: MAX_RUNS });
    if (smaller !== undefined) return shrink(smaller);
  }
  return failure;
}

function* smallerThan({ transactions, snapshots, environment }: Program): Generator<Program> {
  for (const index of environment.keys())
    yield { transactions, snapshots, environment: without(environment, index) };
  for (const index of snapshots.keys())
    yield { transactions, snapshots: without(snapshots, index), environment };
  // Environment events refer to a transaction by its number, so no transaction can be removed.
  const isNamed = environment.some(({ transaction }) => transaction !== undefined);
  for (const index of transactions.keys()) {
    if (!isNamed && transactions.length > 1)
      yield { transactions: without(transactions, index), snapshots, environment };
  }
  for (const [index, events] of transactions.entries()) {
    for (const at of events.keys()) {
      // The rollback needs the savepoint.
      if (events[at]?.op === 'savepoint' && events.some(({ op }) => op === 'rollbackTo')) continue;
      yield { transactions: transactions.with(index, without(events, at)), snapshots, environment };
    }
  }
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, at) => at !== index);
}
