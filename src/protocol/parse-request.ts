import { MemStoreError } from '../contract/errors.ts';
import { ArgumentReader, type ArgumentStyle } from './argument-reader.ts';
import type { Arguments } from './arguments.ts';
import type { Command, Request, WireRange } from './command.ts';
import type { RequestForm } from './request-parser.ts';
import { WordTable } from './word-table.ts';

/** Parses the arguments behind one verb. */
type Parser = (reader: ArgumentReader, verb: string) => Command;

/** A word that a request may begin with: a verb, or a prefix of one. */
interface FirstWord {
  readonly name: string;
  /** Undefined for a prefix. */
  readonly parse: Parser | undefined;
  /** Whether the verb takes the id of a transaction as an argument of its own. */
  readonly isEnd: boolean;
}

/** Returns the tag in front of a tagged request. @throws {MemStoreError} PROTOCOL */
export function parseTag(args: Arguments): number {
  const tag = args.integer(0);
  if (tag > 0) return tag;
  throw new MemStoreError('PROTOCOL', 'A tagged request must begin with its tag.');
}

/**
 * Parses the request whose prefixes begin at `position`.
 * @throws {MemStoreError} UNKNOWN_COMMAND, INVALID_OPTION, INVALID_KEY, INVALID_VALUE; LIMIT_EXCEEDED
 */
export function parseRequest(
  args: Arguments,
  position: number,
  form: RequestForm,
  style: ArgumentStyle,
): Request {
  const reader = new ArgumentReader(args, position, style);
  let transactionId: number | undefined;
  let lockTimeoutMs: number | undefined;
  let cancellable = false;
  let quiet = false;
  for (;;) {
    const word = reader.find('verb', firstWords);
    if (word === undefined) throw unknownCommand(reader.text('verb'));
    const { name: verb, parse } = word;
    if (parse !== undefined) {
      if (word.isEnd && transactionId === undefined) transactionId = reader.integer('transaction id');
      if (form === 'lines' && transactionId === undefined && hasTrailingId(verb, reader.left))
        transactionId = reader.lastInteger('transaction id');
      const isEssential = quiet && transactionId !== undefined;
      const command = isEssential ? parseOrRefuse(parse, reader, verb) : parseWhole(parse, reader, verb);
      if (form === 'lines' && KEY_VERBS.has(verb) && 'keys' in command && command.keys.length > 1)
        throw new MemStoreError('INVALID_OPTION', `${verb} takes one key in a plain line.`);
      if (quiet && transactionId === undefined && !(command.name === 'BEGIN' && command.id !== undefined))
        throw new MemStoreError('INVALID_OPTION', 'QUIET is for a transaction whose id is known.');
      return { command, transactionId, lockTimeoutMs, cancellable, quiet };
    }
    if (verb === 'TX') transactionId = reader.integer('transaction id');
    else if (verb === 'LOCKTIMEOUT') lockTimeoutMs = reader.number('lock timeout');
    else if (verb === 'QUIET') quiet = true;
    else cancellable = true;
  }
}

function parseWhole(parse: Parser, reader: ArgumentReader, verb: string): Command {
  const command = parse(reader, verb);
  reader.end(verb);
  return command;
}

/** Parses a quiet command. The client does not wait for an error, so its transaction must learn of it. */
function parseOrRefuse(parse: Parser, reader: ArgumentReader, verb: string): Command {
  try {
    return parseWhole(parse, reader, verb);
  } catch (error) {
    return { name: 'REFUSED', error };
  }
}

function unknownCommand(word: string): MemStoreError {
  return new MemStoreError('UNKNOWN_COMMAND', `There is no command ${JSON.stringify(word.slice(0, 64))}.`);
}

/** Verbs that take one key in plain lines, and the id of a transaction behind it. */
const KEY_VERBS: ReadonlySet<string> = new Set(['GET', 'DEL', 'EXISTS', 'GETFORUPDATE', 'PTTL']);

function hasTrailingId(verb: string, left: number): boolean {
  if (KEY_VERBS.has(verb)) return left === 2;
  // A key and a value, perhaps a word and a number for the time to live, and the id.
  return (verb === 'PUT' || verb === 'SET') && left > 2 && left % 2 === 1;
}

/** Parses a whole number, or the word Infinity, which means for ever. */
function parseTtl(reader: ArgumentReader): number {
  if (reader.takeWord('INFINITY')) return Number.POSITIVE_INFINITY;
  return positive('time to live', reader.integer('time to live'));
}

const parseSet: Parser = (reader) => {
  const key = reader.key();
  const value = reader.value();
  let ttl: number | undefined;
  if (reader.takeWord('EX')) ttl = 1000 * parseTtl(reader);
  else if (reader.takeWord('PX')) ttl = parseTtl(reader);
  return { name: 'SET', key, value, ttl };
};

function parseEntries(reader: ArgumentReader, ttl: number | undefined): Command {
  const entries: [key: string, value: unknown][] = [];
  do entries.push([reader.key(), reader.value()]);
  while (reader.left > 0);
  const [first] = entries;
  // One entry is the common case, and simpler to put.
  if (first !== undefined && entries.length === 1)
    return { name: 'SET', key: first[0], value: first[1], ttl };
  return { name: 'MSET', entries, ttl };
}

const parsePutMany: Parser = (reader) => {
  const ttl = reader.takeWord('-') ? undefined : positive('time to live', reader.number('time to live'));
  return reader.left === 0 ? { name: 'MSET', entries: [], ttl } : parseEntries(reader, ttl);
};

const parseScan: Parser = (reader, verb) => {
  const range: { -readonly [K in keyof WireRange]: WireRange[K] } = {};
  let credit: number | undefined;
  while (reader.left > 0) {
    if (reader.takeWord('GT')) range.gt = reader.key();
    else if (reader.takeWord('GTE')) range.gte = reader.key();
    else if (reader.takeWord('LT')) range.lt = reader.key();
    else if (reader.takeWord('LTE')) range.lte = reader.key();
    else if (reader.takeWord('PREFIX')) range.prefix = reader.key();
    else if (reader.takeWord('REVERSE')) range.reverse = true;
    else if (reader.takeWord('LIMIT')) range.limit = reader.integer('limit');
    else if (reader.takeWord('FORUPDATE')) range.forUpdate = true;
    else if (reader.takeWord('SKIPLOCKED')) range.skipLocked = true;
    else if (reader.takeWord('CREDIT')) credit = parseCredit(reader);
    else reader.end(verb);
  }
  return { name: 'ENTRIES', range, credit };
};

const parseHello: Parser = (reader) => {
  let password: string | undefined;
  let clientName: string | undefined;
  const version = reader.left > 0 ? reader.integer('version') : undefined;
  for (;;) {
    if (reader.takeWord('AUTH')) {
      reader.text('user');
      password = reader.text('password');
    } else if (reader.takeWord('SETNAME')) clientName = reader.text('name');
    else return { name: 'HELLO', version, password, clientName };
  }
};

const parseAuth: Parser = (reader) => {
  const first = reader.text('password');
  // There is one password, so a user name in front of it says nothing.
  return { name: 'AUTH', password: reader.left > 0 ? reader.text('password') : first };
};

/** An invalid `SELECT` must reach the connection too, which then refuses the commands behind it. */
const parseSelect: Parser = (reader) => {
  const database = reader.left === 1 ? reader.content('database') : undefined;
  reader.skipRest();
  return { name: 'SELECT', database: typeof database === 'string' ? database : undefined };
};

const verbs: readonly (readonly [verb: string, parse: Parser])[] = [
  [
    'BEGIN',
    (reader) => {
      const readOnly = reader.takeWord('READONLY');
      const id = reader.takeWord('ID') ? reader.integer('id') : undefined;
      const age = reader.takeWord('AGE') ? reader.integer('age') : undefined;
      const idleTimeout = reader.takeWord('IDLETIMEOUT')
        ? positive('idle timeout', reader.number('idle timeout'))
        : undefined;
      return { name: 'BEGIN', readOnly, id, age, idleTimeout };
    },
  ],
  ['RESERVE', (reader) => ({ name: 'RESERVE', count: positive('count', reader.integer('count')) })],
  ['GET', (reader) => ({ name: 'GET', key: reader.key() })],
  ['GETFORUPDATE', (reader) => ({ name: 'GETFORUPDATE', key: reader.key() })],
  ['PTTL', (reader) => ({ name: 'PTTL', key: reader.key() })],
  ['SET', parseSet],
  ['PUT', parseSet],
  ['MSET', (reader) => parseEntries(reader, undefined)],
  ['PUTMANY', parsePutMany],
  ['ENTRIES', parseScan],
  [
    'SHOWALL',
    (reader) => ({ name: 'SHOWALL', credit: reader.takeWord('CREDIT') ? parseCredit(reader) : undefined }),
  ],
  [
    'LOCKS',
    (reader) => {
      if (reader.takeWord('SUMMARY')) return { name: 'LOCKSUMMARY' };
      return { name: 'LOCKS', credit: reader.takeWord('CREDIT') ? parseCredit(reader) : undefined };
    },
  ],
  ['NEXT', (reader) => ({ name: 'NEXT', cursor: reader.integer('cursor'), credit: parseCredit(reader) })],
  ['CLOSECURSOR', (reader) => ({ name: 'CLOSECURSOR', cursor: reader.integer('cursor') })],
  ['ROLLBACKTO', (reader) => ({ name: 'ROLLBACKTO', savepoint: reader.integer('savepoint') })],
  ['CANCEL', (reader) => ({ name: 'CANCEL', tag: reader.integer('tag') })],
  ['MUX', parseMux],
  ['HELLO', parseHello],
  ['AUTH', parseAuth],
  ['PING', (reader) => ({ name: 'PING', message: reader.left > 0 ? reader.content('message') : undefined })],
  ['ECHO', (reader) => ({ name: 'ECHO', message: reader.content('message') })],
  ['SELECT', parseSelect],
  ...(['MULTI', 'EXEC', 'DISCARD', 'WATCH', 'UNWATCH'] as const).map((name): [string, Parser] => [
    name,
    (reader) => {
      reader.skipRest();
      return { name };
    },
  ]),
  ...(['MGET', 'EXISTS', 'DEL'] as const).map((name): [string, Parser] => [
    name,
    (reader) => ({ name, keys: reader.keys() }),
  ]),
  ...(['INFO', 'COMMAND', 'CONFIG', 'CLIENT'] as const).map((name): [string, Parser] => [
    name,
    (reader) => ({ name, words: reader.rest('argument') }),
  ]),
  ...(
    ['COMMIT', 'ROLLBACK', 'COMMITALL', 'SAVEPOINT', 'STATS', 'DBSIZE', 'TIME', 'RESET', 'QUIT'] as const
  ).map((name): [string, Parser] => [name, () => ({ name })]),
];

const firstWords = new WordTable<FirstWord>([
  ...['TX', 'LOCKTIMEOUT', 'CANCELLABLE', 'QUIET'].map((name): [string, FirstWord] => [
    name,
    { name, parse: undefined, isEnd: false },
  ]),
  ...verbs.map(([name, parse]): [string, FirstWord] => [
    name,
    { name, parse, isEnd: name === 'COMMIT' || name === 'ROLLBACK' },
  ]),
]);

function parseMux(reader: ArgumentReader): Command {
  if (reader.integer('version') !== 1)
    throw new MemStoreError('INVALID_OPTION', 'The only version of MUX is 1.');
  return { name: 'MUX', messagePack: reader.takeWord('MSGPACK') };
}

function parseCredit(reader: ArgumentReader): number {
  return positive('credit', reader.integer('credit'));
}

function positive(what: string, value: number): number {
  if (value > 0) return value;
  throw new MemStoreError('INVALID_OPTION', `The ${what} must be a positive number.`);
}
