import { type EnvironmentEvent, type Event, event, KEYS, type Occurrence, type Program } from './program.ts';

type Insertion = (program: Program) => Iterable<Program>;

/** Inserts one of the events at each position of each transaction. */
function anywhere(...inserted: readonly Event[]): Insertion {
  return function* (program) {
    for (const [index, events] of program.transactions.entries()) {
      for (let at = 0; at <= events.length; at++) {
        for (const one of inserted) yield withEvents(program, index, events.toSpliced(at, 0, one));
      }
    }
  };
}

/** Inserts a savepoint at each position of each transaction, and a rollback to it at each later position. */
function* savepoints(program: Program): Iterable<Program> {
  for (const [index, events] of program.transactions.entries()) {
    for (let from = 0; from < events.length; from++) {
      for (let to = from + 1; to <= events.length; to++) {
        const back = events.toSpliced(to, 0, event('rollbackTo'));
        yield withEvents(program, index, back.toSpliced(from, 0, event('savepoint')));
      }
    }
  }
}

/** Gives each put in turn a TTL that expires at any time. */
function* limitedLives(program: Program): Iterable<Program> {
  for (const [index, events] of program.transactions.entries()) {
    for (const [at, { op, key }] of events.entries()) {
      if (op !== 'put') continue;
      const limited = withEvents(program, index, events.with(at, event('putTtl', key)));
      yield { ...limited, environment: [occurrence('expire')] };
    }
  }
}

function around(...environment: readonly EnvironmentEvent[]): Insertion {
  return (program) => [{ ...program, environment }];
}

function* aborts(program: Program): Iterable<Program> {
  for (const index of program.transactions.keys())
    yield { ...program, environment: [{ occurrence: 'abort', transaction: index }] };
}

function beside(...snapshots: readonly (readonly Event[])[]): Insertion {
  return (program) => [{ ...program, snapshots }];
}

function withEvents(program: Program, index: number, events: readonly Event[]): Program {
  return { ...program, transactions: program.transactions.with(index, events) };
}

function occurrence(name: Occurrence): EnvironmentEvent {
  return { occurrence: name, transaction: undefined };
}

function onEachKey(op: Event['op']): Event[] {
  return KEYS.map((key) => event(op, key));
}

/** All events other than get and put, with the ways to insert them into a program of gets and puts. */
export const INSERTIONS: Readonly<Record<string, Insertion>> = {
  getForUpdate: anywhere(...onEachKey('getForUpdate')),
  del: anywhere(...onEachKey('del')),
  scan: anywhere(event('scan'), ...onEachKey('scan')),
  scanForUpdate: anywhere(event('scanForUpdate'), ...onEachKey('scanForUpdate')),
  scanNoWait: anywhere(event('scanNoWait'), ...onEachKey('scanNoWait')),
  scanSkipLocked: anywhere(event('scanSkipLocked'), ...onEachKey('scanSkipLocked')),
  getNoWait: anywhere(...onEachKey('getNoWait')),
  putNoWait: anywhere(...onEachKey('putNoWait')),
  rollback: anywhere(event('rollback')),
  savepoint: savepoints,
  timeout: around(occurrence('timeout')),
  idle: around(occurrence('idle')),
  abort: aborts,
  expire: limitedLives,
  evict: around(occurrence('evict')),
  snapshot: beside([event('get', 'a'), event('get', 'b')]),
  snapshotScan: beside([event('get', 'b'), event('scan')]),
  journal: around(occurrence('journal')),
  journalFails: around(occurrence('journal'), occurrence('journalFails')),
};

/** Returns each of the programs with the event inserted once, in every possible way. */
export function* insertedInto(programs: Iterable<Program>, insertion: string): Generator<Program> {
  const insert = INSERTIONS[insertion];
  if (insert === undefined)
    throw new Error(`The event must be one of ${Object.keys(INSERTIONS).join(', ')}, got ${insertion}.`);
  for (const program of programs) yield* insert(program);
}
