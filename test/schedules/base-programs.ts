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
 * Every program of a family, but for two symmetries.
 *
 * - Transactions are named by age: all of them begin before the first step, in the order of their numbers.
 *   So of all the orders in which they could begin one is run, and all the programs that permute their
 *   events are run instead, which is the same.
 * - Keys are named by their first use: the first event is always on `a`. What a program does on `b` it does
 *   on `a` in one that is there as well, and both keys begin alike. That halves their number.
 */
export function* programsOf(family: Family): Generator<Program> {
  for (const program of everyProgramOf(family))
    if (program.transactions[0]?.[0]?.key === KEYS[0]) yield program;
}

/** The same without the symmetry of keys, for a store in which one key is present and the other is not. */
export function everyProgramOf({ transactions, operations }: Family): Generator<Program> {
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
