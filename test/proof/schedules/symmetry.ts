import { type Event, formatProgram, KEYS, type Key, type Program } from './program.ts';
import type { Setup } from './setup.ts';

/**
 * Whether a program and what comes of it by calling `a` what it calls `b`, and the other way round, do the
 * same.
 *
 * Keys differ in their order, which a scan of both follows, in whether they are present at the beginning, and
 * in when a snapshot that is put beside every program reads them; so there must be none of these. (Which of
 * them was used first matters to a cache that drops entries.)
 */
function keysAreAlike({ present, cache }: Setup, { transactions, snapshots }: Program): boolean {
  if (present !== 'ab' || cache !== 'unbounded' || snapshots.length > 0) return false;
  return transactions.every((events) =>
    events.every(({ op, key }) => key !== undefined || !op.startsWith('scan')),
  );
}

/**
 * Whether a program is the first, in lexical order, of those that differ from it in the order of the
 * transactions and the names of alike keys alone.
 *
 * The order of transactions is that of their ages. Nothing but the choice of a victim goes by age: so when no
 * schedule of a program has a victim, those of the program with its transactions in another order are the
 * same but for the numbers. When one has, the others have to be run.
 */
export function isFirstOfItsKind(setup: Setup, program: Program): boolean {
  const own = program.transactions.map(formatEvents);
  if (own.some((text, index) => text < (own[index - 1] ?? ''))) return false;
  return !keysAreAlike(setup, program) || own.join('|') <= sorted(withKeysExchanged(program)).join('|');
}

/** The program with its transactions in every other order. */
export function* inOtherOrders(program: Program): Generator<Program> {
  const seen = new Set([formatProgram(program)]);
  for (const transactions of permutations(program.transactions)) {
    const other = { ...program, transactions };
    const text = formatProgram(other);
    if (seen.has(text)) continue;
    seen.add(text);
    yield other;
  }
}

/** REQUIRES: nothing happens around the transactions, since that names them by their numbers. */
export function canExchange({ environment }: Program): boolean {
  return environment.length === 0;
}

function withKeysExchanged(program: Program): Program {
  const events = (list: readonly Event[]): Event[] => list.map(({ op, key }) => ({ op, key: otherKey(key) }));
  return {
    ...program,
    transactions: program.transactions.map(events),
    snapshots: program.snapshots.map(events),
  };
}

function otherKey(key: Key | undefined): Key | undefined {
  return key === undefined ? undefined : KEYS[1 - KEYS.indexOf(key)];
}

function sorted({ transactions }: Program): string[] {
  return transactions.map(formatEvents).sort();
}

function formatEvents(events: readonly Event[]): string {
  return events.map(({ op, key }) => `${op}.${key}`).join(' ');
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
  );
}
