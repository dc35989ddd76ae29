import { MemStoreError } from '../contract/errors.ts';
import { integer, list, NULL, type Reply, text } from './reply.ts';

/** Describes a command for clients of Redis: `redis-cli` uses it for completion and help. */
interface CommandNote {
  readonly summary: string;
  /** As `redis-cli` shows it: a word in brackets may be left out, dots mean several. */
  readonly syntax: string;
  /** The places of the first and the last key, counted from the verb, and the distance between two keys. */
  readonly keys?: readonly [first: number, last: number, step: number];
}

const ONE_KEY = [1, 1, 1] as const;
const ALL_KEYS = [1, -1, 1] as const;

const notes: Readonly<Record<string, CommandNote>> = {
  AUTH: { summary: 'Gives the password', syntax: '[user] password' },
  BEGIN: {
    summary: 'Opens a transaction and answers its id',
    syntax: '[READONLY] [ID id] [AGE n] [IDLETIMEOUT ms]',
  },
  CANCEL: { summary: 'Ends the wait of a tagged request', syntax: 'tag' },
  CLIENT: { summary: 'Answers or sets what concerns the connection', syntax: 'subcommand [argument...]' },
  CLOSECURSOR: { summary: 'Gives up a scan', syntax: 'cursor' },
  COMMAND: { summary: 'Describes the commands', syntax: '[COUNT|DOCS|INFO|LIST] [name...]' },
  COMMIT: { summary: 'Makes the writes of a transaction visible to everybody', syntax: 'id' },
  COMMITALL: { summary: 'Commits every transaction of this connection', syntax: '' },
  CONFIG: { summary: 'Answers that there are no settings of Redis', syntax: 'GET pattern' },
  DBSIZE: { summary: 'Counts the entries', syntax: '' },
  DEL: { summary: 'Deletes keys', syntax: 'key...', keys: ALL_KEYS },
  ECHO: { summary: 'Answers what it was sent', syntax: 'message' },
  ENTRIES: {
    summary: 'Reads a range in key order',
    syntax: '[GT|GTE|LT|LTE key...] [PREFIX prefix] [REVERSE] [LIMIT n] [FORUPDATE] [SKIPLOCKED] [CREDIT n]',
  },
  EXISTS: { summary: 'Counts those of the keys that exist', syntax: 'key...', keys: ALL_KEYS },
  GET: { summary: 'Reads a key', syntax: 'key', keys: ONE_KEY },
  GETFORUPDATE: { summary: 'Reads a key under an exclusive lock', syntax: 'key', keys: ONE_KEY },
  HELLO: { summary: 'Greets, and chooses RESP 2 or 3', syntax: '[2|3] [AUTH user password] [SETNAME name]' },
  INFO: { summary: 'Answers figures of the server', syntax: '[section]' },
  LOCKS: { summary: 'Answers who holds what and who waits for whom', syntax: '[SUMMARY|CREDIT n]' },
  MGET: { summary: 'Reads several keys', syntax: 'key...', keys: ALL_KEYS },
  MSET: { summary: 'Writes several keys, all or none', syntax: 'key value...', keys: [1, -1, 2] },
  MUX: { summary: 'Switches to tagged requests', syntax: '1 [MSGPACK]' },
  NEXT: { summary: 'Reads the next page of a scan', syntax: 'cursor n' },
  PING: { summary: 'Answers PONG, or what it was sent', syntax: '[message]' },
  PTTL: { summary: 'Answers the remaining TTL of a key in milliseconds', syntax: 'key', keys: ONE_KEY },
  PUT: { summary: 'Writes a key', syntax: 'key value [EX seconds|PX milliseconds]', keys: ONE_KEY },
  PUTMANY: { summary: 'Writes several keys for a time', syntax: 'ttl key value...', keys: [2, -1, 2] },
  QUIT: { summary: 'Ends the connection', syntax: '' },
  RESERVE: { summary: 'Takes ids for transactions to come, and answers the first', syntax: 'n' },
  RESET: { summary: 'Rolls back what is open, and forgets the name', syntax: '' },
  ROLLBACK: { summary: 'Throws the writes of a transaction away', syntax: 'id' },
  ROLLBACKTO: { summary: 'Undoes what was written since a savepoint', syntax: 'savepoint' },
  SAVEPOINT: { summary: 'Marks a moment to go back to', syntax: '' },
  SELECT: { summary: 'Chooses the only database', syntax: '0' },
  SET: { summary: 'Writes a key', syntax: 'key value [EX seconds|PX milliseconds]', keys: ONE_KEY },
  SHOWALL: { summary: 'Reads every entry, and who holds it', syntax: '[CREDIT n]' },
  STATS: { summary: 'Answers the counters of the store', syntax: '' },
  TIME: { summary: 'Answers the time of the server', syntax: '' },
  TX: { summary: 'Names the transaction of a command', syntax: 'id command...' },
};

const names = Object.keys(notes);

/**
 * The answer to `COMMAND` and its subcommands.
 * @throws {MemStoreError} UNKNOWN_COMMAND
 */
export function describeCommands([what = 'INFO', ...wanted]: readonly string[]): Reply {
  const chosen = wanted.length === 0 ? names : wanted.map((name) => name.toUpperCase());
  switch (what.toUpperCase()) {
    case 'COUNT':
      return integer(names.length);
    case 'LIST':
      return list(names.map((name) => text(name.toLowerCase())));
    case 'INFO':
      return list(chosen.map((name) => infoOf(name, notes[name])));
    case 'DOCS':
      return {
        kind: 'map',
        entries: chosen.flatMap((name) => {
          const note = notes[name];
          return note === undefined ? [] : [[name.toLowerCase(), docsOf(note)] as const];
        }),
      };
    default:
      throw new MemStoreError('UNKNOWN_COMMAND', `There is no COMMAND ${JSON.stringify(what)}.`);
  }
}

/** Returns the name, the number of words (negative for a least number), the flags, and the places of keys. */
function infoOf(name: string, note: CommandNote | undefined): Reply {
  if (note === undefined) return NULL;
  const parts = argumentsOf(note);
  const isOpen = parts.some((part) => part.startsWith('[') || part.endsWith('...'));
  const least = 1 + parts.filter((part) => !part.startsWith('[')).length;
  const [first, last, step] = note.keys ?? [0, 0, 0];
  return list([
    text(name.toLowerCase()),
    integer(isOpen ? -least : least),
    list([]),
    integer(first),
    integer(last),
    integer(step),
  ]);
}

function docsOf(note: CommandNote): Reply {
  return {
    kind: 'map',
    entries: [
      ['summary', text(note.summary)],
      ['since', text('0.1.0')],
      ['group', text('memstore')],
      ['arguments', list(argumentsOf(note).map(argumentDocs))],
    ],
  };
}

function argumentDocs(part: string): Reply {
  const flags = [part.startsWith('[') ? 'optional' : '', part.includes('...') ? 'multiple' : ''].filter(
    Boolean,
  );
  const name = part.replace(/^\[|\]$|\.\.\./g, '');
  const entries: [string, Reply][] = [
    ['name', text(name)],
    ['type', text('string')],
    ['display_text', text(name)],
  ];
  if (flags.length > 0) entries.push(['flags', list(flags.map((flag) => ({ kind: 'status', text: flag })))]);
  return { kind: 'map', entries };
}

function argumentsOf({ syntax }: CommandNote): string[] {
  return syntax.match(/\[[^\]]*\]|\S+/g) ?? [];
}
