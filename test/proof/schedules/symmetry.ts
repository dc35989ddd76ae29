import { type Event, formatProgram, KEYS, type Key, type Program } from './program.ts';
import type { Setup } from './setup.ts';

/**
 * Returns whether a program behaves the same after the names of the keys `a` and `b` are exchanged.
 *
 * The keys differ in their order, which a scan of both keys follows. They may differ in their initial
 * presence, and in the times when an added snapshot reads them. So the program must have none of these
 * differences. The cache must not drop entries, because it depends on the order of use.
 */
function keysAreAlike({ present, cache }: Setup, { transactions, snapshots }: Program): boolean {
  if (present !== 'ab' || cache !== 'unbounded' || snapshots.length > 0) return false;
  return transactions.every((events) =>
    events.every(({ op, key }) => key !== undefined || !op.startsWith('scan')),
  );
}

/**
 * Returns whether a program is the first of its kind in lexical order. Programs of a kind differ only in the
 * order of the transactions and in the names of exchangeable keys.
 *
 * The order of the transactions is the order of their ages, and only the choice of a victim depends on age.
 * If no schedule of a program has a victim, the same program with another order of transactions has the same
 * schedules, apart from the numbers. Otherwise the other orders must be run.
 */
export function isFirstOfItsKind(setup: Setup, program: Program): boolean {
  const own = program.transactions.map(formatEvents);
  if (own.some((text, index) => text < (own[index - 1] ?? ''))) return false;
  return !keysAreAlike(setup, program) || own.join('|') <= sorted(withKeysExchanged(program)).join('|');
}

/** Returns the program with its transactions in every other order. */
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

/**
 * Returns whether transactions may be reordered. Environment events prevent it, because they refer to
 * transactions by number.
 */
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
