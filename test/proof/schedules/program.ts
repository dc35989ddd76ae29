/**
 * The keys that programs use. Two keys are enough for every anomaly and deadlock of two or three
 * transactions.
 */
export const KEYS = ['a', 'b'] as const;

export type Key = (typeof KEYS)[number];

/** The operations of a transaction. Each is one step. The last step is an implied commit. */
const OPERATIONS = [
  'get',
  'put',
  'putTtl',
  'getForUpdate',
  'del',
  'getNoWait',
  'putNoWait',
  'scan',
  'scanNoWait',
  'scanForUpdate',
  'scanSkipLocked',
  'savepoint',
  'rollbackTo',
  'rollback',
  'commit',
] as const;

/** The events outside the transactions; see `EnvironmentActor`. */
const OCCURRENCES = ['timeout', 'idle', 'expire', 'evict', 'abort', 'journal', 'journalFails'] as const;

export type OperationName = (typeof OPERATIONS)[number];
export type Occurrence = (typeof OCCURRENCES)[number];

export interface Event {
  readonly op: OperationName;
  /** The key. For a scan it is the only key of the range, or `undefined` for a range with both keys. */
  readonly key: Key | undefined;
}

export interface EnvironmentEvent {
  readonly occurrence: Occurrence;
  /** The transaction that the event affects, if it affects only one. */
  readonly transaction: number | undefined;
}

/**
 * A program that runs in every possible order. Each part is an actor, whose steps keep their order. A
 * schedule lists the actor of each step: read-write transactions first, then snapshots, then the environment.
 */
export interface Program {
  /**
   * The read-write transactions. All begin before the first step, so they are numbered by age, the oldest
   * first.
   */
  readonly transactions: readonly (readonly Event[])[];
  /** Read-only transactions, whose `begin` is a separate step. */
  readonly snapshots: readonly (readonly Event[])[];
  readonly environment: readonly EnvironmentEvent[];
}

export function event(op: OperationName, key?: Key): Event {
  return { op, key };
}

const SNAPSHOT_MARK = 'begin';
const ENVIRONMENT_MARK = '~';

/** Formats a program, for example `get.a put.b | put.a scan | begin get.a | ~timeout`. */
export function formatProgram({ transactions, snapshots, environment }: Program): string {
  const events = (list: readonly Event[]): string =>
    list.map(({ op, key }) => (key === undefined ? op : `${op}.${key}`)).join(' ');
  return [
    ...transactions.map(events),
    ...snapshots.map((list) => [SNAPSHOT_MARK, events(list)].join(' ').trim()),
    ...environment.map(
      ({ occurrence, transaction }) =>
        `${ENVIRONMENT_MARK}${occurrence}${transaction === undefined ? '' : `.${transaction}`}`,
    ),
  ].join(' | ');
}

export function parseProgram(text: string): Program {
  const transactions: Event[][] = [];
  const snapshots: Event[][] = [];
  const environment: EnvironmentEvent[] = [];
  for (const part of text.split('|')) {
    const words = part.trim().split(/\s+/).filter(Boolean);
    const [first] = words;
    if (first?.startsWith(ENVIRONMENT_MARK)) environment.push(parseEnvironmentEvent(first.slice(1)));
    else if (first === SNAPSHOT_MARK) snapshots.push(words.slice(1).map(parseEvent));
    else transactions.push(words.map(parseEvent));
  }
  return { transactions, snapshots, environment };
}

function parseEvent(word: string): Event {
  const [name, keyName] = word.split('.');
  const op = OPERATIONS.find((candidate) => candidate === name);
  const key = KEYS.find((candidate) => candidate === keyName);
  if (op === undefined || (keyName !== undefined && key === undefined))
    throw new Error(`An event must be an operation and an optional key, such as get.a, got ${word}.`);
  return { op, key };
}

function parseEnvironmentEvent(word: string): EnvironmentEvent {
  const [name, transaction] = word.split('.');
  const occurrence = OCCURRENCES.find((candidate) => candidate === name);
  if (occurrence === undefined)
    throw new Error(`An environment event must be one of ${OCCURRENCES.join(', ')}, got ${word}.`);
  return { occurrence, transaction: transaction === undefined ? undefined : Number(transaction) };
}
