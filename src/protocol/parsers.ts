import type { ChangeValues, FeedMode, WatchOptions, WatchRange } from '../contract/changes.ts';
import type { UpdateTtl } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import type { ArgumentReader } from './argument-reader.ts';
import type { Command, WireRange } from './command.ts';
import type { Verb } from './commands.ts';

/** Parses the arguments after a verb. */
export type Parser = (reader: ArgumentReader, verb: Verb) => Command;

/** Parses a TTL: an integer, or the word Infinity for an entry that never expires. */
function parseTtl(reader: ArgumentReader): number {
  if (reader.takeWord('INFINITY')) return Number.POSITIVE_INFINITY;
  return positive('time to live', reader.integer('time to live'));
}

const parsePut: Parser = (reader) => {
  const key = reader.key();
  const value = reader.value();
  let ttl: number | undefined;
  if (reader.takeWord('EX')) ttl = 1000 * parseTtl(reader);
  else if (reader.takeWord('PX')) ttl = parseTtl(reader);
  return { name: 'SET', key, value, ttl };
};

const parsePutIfAbsent: Parser = (reader) => {
  const [key, value] = [reader.key(), reader.value()];
  const ttl = reader.takeWord('TTL') ? parseMs(reader) : undefined;
  return { name: 'PUTIFABSENT', key, value, ttl };
};

const parseIncrement: Parser = (reader) => {
  const key = reader.key();
  const by = reader.step();
  let ttl: UpdateTtl | undefined;
  if (reader.takeWord('TTL')) ttl = { ttlMs: parseMs(reader), isInitial: false };
  else if (reader.takeWord('INITIALTTL')) ttl = { ttlMs: parseMs(reader), isInitial: true };
  return { name: 'INCREMENT', key, by, ttl };
};

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const parseClear: Parser = (reader, verb) => {
  const range: Mutable<RangeBounds> = {};
  while (reader.left > 0) if (!parseBound(reader, range)) reader.end(verb);
  return { name: 'CLEAR', range };
};

/** Parses a number of milliseconds, which may have a fraction or be Infinity. */
function parseMs(reader: ArgumentReader): number {
  return positive('time to live', reader.number('time to live'));
}

/** Parses one bound of a range. Returns false if the next argument is none. */
function parseBound(reader: ArgumentReader, range: Mutable<RangeBounds>): boolean {
  if (reader.takeWord('GT')) range.gt = reader.key();
  else if (reader.takeWord('GTE')) range.gte = reader.key();
  else if (reader.takeWord('LT')) range.lt = reader.key();
  else if (reader.takeWord('LTE')) range.lte = reader.key();
  else if (reader.takeWord('PREFIX')) range.prefix = reader.key();
  else return false;
  return true;
}

/** Parses pairs of key and value up to the end of the request or to the pause. */
export function parsePairs(reader: ArgumentReader): [key: string, value: unknown][] {
  const entries: [key: string, value: unknown][] = [];
  do entries.push([reader.key(), reader.value()]);
  while (reader.hasNext);
  return entries;
}

function parseEntries(reader: ArgumentReader, ttl: number | undefined): Command {
  const entries = parsePairs(reader);
  const [first] = entries;
  // One entry is the common case, and `SET` is simpler. A paused list has more entries.
  if (first !== undefined && entries.length === 1 && !reader.isPaused)
    return { name: 'SET', key: first[0], value: first[1], ttl };
  return { name: 'MSET', entries, ttl };
}

const parsePutMany: Parser = (reader) => {
  const ttl = reader.takeWord('-') ? undefined : parseMs(reader);
  return reader.left === 0 ? { name: 'MSET', entries: [], ttl } : parseEntries(reader, ttl);
};

const parseScan: Parser = (reader, verb) => {
  const range: Mutable<WireRange> = {};
  let credit: number | undefined;
  while (reader.left > 0) {
    if (parseBound(reader, range)) continue;
    if (reader.takeWord('REVERSE')) range.reverse = true;
    else if (reader.takeWord('LIMIT')) range.limit = reader.integer('limit');
    else if (reader.takeWord('FORUPDATE')) range.forUpdate = true;
    else if (reader.takeWord('SKIPLOCKED')) range.skipLocked = true;
    else if (reader.takeWord('CREDIT')) credit = parseCredit(reader);
    else reader.end(verb);
  }
  return { name: 'ENTRIES', range, credit };
};

const parseChanges: Parser = (reader, verb) => {
  const bounds: Mutable<WatchRange> = {};
  const options: Mutable<Omit<WatchOptions, 'signal'>> = {};
  let key: string | undefined;
  let taken = 0;
  for (; reader.left > 0; taken++) {
    if (reader.takeWord('KEY')) key = reader.key();
    else if (parseBound(reader, bounds)) continue;
    else if (reader.takeWord('INITIAL')) options.initial = true;
    else if (reader.takeWord('SINCE')) options.since = reader.text('revision');
    // The store refuses an unknown mode, unknown values and limits that are not positive.
    else if (reader.takeWord('MODE')) options.mode = reader.text('mode').toLowerCase() as FeedMode;
    else if (reader.takeWord('VALUES')) options.values = reader.text('values').toLowerCase() as ChangeValues;
    else if (reader.takeWord('MAXBUFFERED')) options.maxBuffered = reader.number('value of MAXBUFFERED');
    else if (reader.takeWord('MAXBUFFEREDBYTES'))
      options.maxBufferedBytes = reader.number('value of MAXBUFFEREDBYTES');
    else reader.end(verb);
  }
  const given = Object.keys({ ...bounds, ...options }).length + (key === undefined ? 0 : 1);
  if (given < taken) throw new MemStoreError('INVALID_OPTION', 'CHANGES accepts each argument only once.');
  if (key !== undefined && Object.keys(bounds).length > 0)
    throw new MemStoreError('INVALID_OPTION', 'CHANGES takes KEY or the bounds of a range, not both.');
  return { name: 'CHANGES', range: key ?? bounds, options };
};

const parseBegin: Parser = (reader) => {
  const readOnly = reader.takeWord('READONLY');
  const id = reader.takeWord('ID') ? reader.integer('id') : undefined;
  const age = reader.takeWord('AGE') ? reader.integer('age') : undefined;
  const idleTimeout = reader.takeWord('IDLETIMEOUT')
    ? positive('idle timeout', reader.number('idle timeout'))
    : undefined;
  return { name: 'BEGIN', readOnly, id, age, idleTimeout };
};

const parseLocks: Parser = (reader) =>
  reader.takeWord('SUMMARY')
    ? { name: 'LOCKSUMMARY' }
    : { name: 'LOCKS', credit: parseOptionalCredit(reader) };

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
  // The server has only one password, so the user name before it is ignored.
  return { name: 'AUTH', password: reader.left > 0 ? reader.text('password') : first };
};

const parseMux: Parser = (reader) => {
  if (reader.integer('version') !== 1)
    throw new MemStoreError('INVALID_OPTION', 'The version of MUX must be 1.');
  return { name: 'MUX', messagePack: reader.takeWord('MSGPACK') };
};

/** Parses even an invalid `SELECT`: the connection must see it, because it then refuses later commands. */
const parseSelect: Parser = (reader) => {
  const database = reader.left === 1 ? reader.content('database') : undefined;
  reader.skipRest();
  return { name: 'SELECT', database: typeof database === 'string' ? database : undefined };
};

function refused(name: 'MULTI' | 'EXEC' | 'DISCARD' | 'WATCH' | 'UNWATCH'): Parser {
  return (reader) => {
    reader.skipRest();
    return { name };
  };
}

function withKeys(name: 'MGET' | 'EXISTS' | 'DEL'): Parser {
  return (reader) => ({ name, keys: reader.keys([]) });
}

function withWords(name: 'INFO' | 'COMMAND' | 'CONFIG' | 'CLIENT'): Parser {
  return (reader) => ({ name, words: reader.rest('argument') });
}

/** The parser of the arguments of each verb. */
export const parsers: Readonly<Record<Verb, Parser>> = {
  BEGIN: parseBegin,
  COMMIT: () => ({ name: 'COMMIT' }),
  ROLLBACK: () => ({ name: 'ROLLBACK' }),
  COMMITALL: () => ({ name: 'COMMITALL' }),
  SAVEPOINT: () => ({ name: 'SAVEPOINT' }),
  ROLLBACKTO: (reader) => ({ name: 'ROLLBACKTO', savepoint: reader.integer('savepoint') }),
  RESERVE: (reader) => ({ name: 'RESERVE', count: positive('count', reader.integer('count')) }),

  GET: (reader) => ({ name: 'GET', key: reader.key() }),
  GETFORUPDATE: (reader) => ({ name: 'GETFORUPDATE', key: reader.key() }),
  MGET: withKeys('MGET'),
  EXISTS: withKeys('EXISTS'),
  PTTL: (reader) => ({ name: 'PTTL', key: reader.key() }),
  PUT: parsePut,
  SET: parsePut,
  MSET: (reader) => parseEntries(reader, undefined),
  PUTMANY: parsePutMany,
  DEL: withKeys('DEL'),

  INCREMENT: parseIncrement,
  TAKE: (reader) => ({ name: 'TAKE', key: reader.key() }),
  PUTIFABSENT: parsePutIfAbsent,
  REPLACE: (reader) => ({ name: 'REPLACE', key: reader.key(), value: reader.value() }),
  SETTTL: (reader) => ({ name: 'SETTTL', key: reader.key(), ttl: parseMs(reader) }),
  CLEAR: parseClear,

  ENTRIES: parseScan,
  SHOWALL: (reader) => ({ name: 'SHOWALL', credit: parseOptionalCredit(reader) }),
  CHANGES: parseChanges,
  NEXT: (reader) => ({ name: 'NEXT', cursor: reader.integer('cursor'), credit: parseCredit(reader) }),
  CLOSECURSOR: (reader) => ({ name: 'CLOSECURSOR', cursor: reader.integer('cursor') }),

  STATS: () => ({ name: 'STATS' }),
  LOCKS: parseLocks,
  DBSIZE: () => ({ name: 'DBSIZE' }),
  INFO: withWords('INFO'),

  MUX: parseMux,
  CANCEL: (reader) => ({ name: 'CANCEL', tag: reader.integer('tag') }),

  HELLO: parseHello,
  AUTH: parseAuth,
  PING: (reader) => ({ name: 'PING', message: reader.left > 0 ? reader.content('message') : undefined }),
  ECHO: (reader) => ({ name: 'ECHO', message: reader.content('message') }),
  SELECT: parseSelect,
  CLIENT: withWords('CLIENT'),
  COMMAND: withWords('COMMAND'),
  CONFIG: withWords('CONFIG'),
  TIME: () => ({ name: 'TIME' }),
  RESET: () => ({ name: 'RESET' }),
  QUIT: () => ({ name: 'QUIT' }),

  MULTI: refused('MULTI'),
  EXEC: refused('EXEC'),
  DISCARD: refused('DISCARD'),
  WATCH: refused('WATCH'),
  UNWATCH: refused('UNWATCH'),
};

function parseCredit(reader: ArgumentReader): number {
  const what = 'number of rows or batches';
  return positive(what, reader.integer(what));
}

function parseOptionalCredit(reader: ArgumentReader): number | undefined {
  return reader.takeWord('CREDIT') ? parseCredit(reader) : undefined;
}

function positive(what: string, value: number): number {
  if (value > 0) return value;
  throw new MemStoreError('INVALID_OPTION', `The ${what} must be a positive number, got ${value}.`);
}
