import { type Event, event, KEYS, type Program } from './program.ts';

const GETS_AND_PUTS: readonly Event[] = KEYS.flatMap((key) => [event('get', key), event('put', key)]);

/** Every transaction of so many gets and puts. */
function transactionsOf(operations: number): Event[][] {
  let all: Event[][] = [[]];
  for (let count = 0; count < operations; count++)
    all = all.flatMap((events) => GETS_AND_PUTS.map((next) => [...events, next]));
  return all;
}

export interface Family {
  readonly transactions: number;
  /** The gets and puts of each. */
  readonly operations: number;
}

/**
 * Every program of a family. Transactions are named by age: all of them begin before the first step, in the
 * order of their numbers. So of all the orders in which they could begin one is run, and all the programs
 * that permute their events are there instead, which is the same.
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
