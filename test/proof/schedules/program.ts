/** The keys that programs use. Two are enough for every anomaly and deadlock of two or three transactions. */
export const KEYS = ['a', 'b'] as const;

export type Key = (typeof KEYS)[number];

/** What a transaction does in one step; its commit is implied after the last. */
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

/** What happens around transactions; see `EnvironmentActor`. */
const OCCURRENCES = ['timeout', 'idle', 'expire', 'evict', 'abort', 'journal', 'journalFails'] as const;

export type OperationName = (typeof OPERATIONS)[number];
export type Occurrence = (typeof OCCURRENCES)[number];

export interface Event {
  readonly op: OperationName;
  /** The key; of a scan, the only key of the range, which without it has both. */
  readonly key: Key | undefined;
}

export interface EnvironmentEvent {
  readonly occurrence: Occurrence;
  /** The transaction that it happens to, where it happens to one. */
  readonly transaction: number | undefined;
}

/**
 * What is run in every possible order: each part is an actor, whose steps keep their order. A schedule is the
 * list of the actors that make the next step: read-write transactions first, then snapshots, then the rest.
 */
export interface Program {
  /** Each begins before the first step of any; so they are numbered by age, the oldest first. */
  readonly transactions: readonly (readonly Event[])[];
  /** Read-only transactions, whose `begin` is a step of its own. */
  readonly snapshots: readonly (readonly Event[])[];
  readonly environment: readonly EnvironmentEvent[];
}

export function event(op: OperationName, key?: Key): Event {
  return { op, key };
}

const SNAPSHOT_MARK = 'begin';
const ENVIRONMENT_MARK = '~';

/** For example `get.a put.b | put.a scan | begin get.a | ~timeout`. */
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
    throw new Error(`there is no event ${word}`);
  return { op, key };
}

function parseEnvironmentEvent(word: string): EnvironmentEvent {
  const [name, transaction] = word.split('.');
  const occurrence = OCCURRENCES.find((candidate) => candidate === name);
  if (occurrence === undefined) throw new Error(`there is no event ${word}`);
  return { occurrence, transaction: transaction === undefined ? undefined : Number(transaction) };
}
