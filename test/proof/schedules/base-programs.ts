import { type Event, event, KEYS, type Program } from './program.ts';

const GETS_AND_PUTS: readonly Event[] = KEYS.flatMap((key) => [event('get', key), event('put', key)]);

/** Returns every transaction with this number of gets and puts. */
function transactionsOf(operations: number): Event[][] {
  let all: Event[][] = [[]];
  for (let count = 0; count < operations; count++)
    all = all.flatMap((events) => GETS_AND_PUTS.map((next) => [...events, next]));
  return all;
}

export interface Family {
  readonly transactions: number;
  /** The number of gets and puts of each transaction. */
  readonly operations: number;
}

/**
 * Returns every program of a family. All transactions begin before the first step, in the order of their
 * numbers. So only one order of begins is run. The other orders need no runs, because the family also has
 * every program with its transactions permuted.
 */
export function programsOf({ transactions, operations }: Family): Generator<Program> {
  const choices = transactionsOf(operations);
  return extend(
    [],
    Array.from({ length: transactions }, () => choices),
  );
}

function* extend(chosen: readonly Event[][], left: readonly Event[][][]): Generator<Program> {
  const [choices, ...rest] = left;
  if (choices === undefined) {
    yield { transactions: chosen, snapshots: [], environment: [] };
    return;
  }
  for (const choice of choices) yield* extend([...chosen, choice], rest);
}
