import type { ConnectionCommand, DataCommand } from './command.ts';

type ConnectionVerb = ConnectionCommand['name'];
type DataVerb = Exclude<DataCommand['name'], 'REFUSED' | 'LOCKSUMMARY'> | 'PUT' | 'PUTMANY';

/** A verb of the protocol. Each belongs to one command in `command.ts`; some commands have several verbs. */
export type Verb = ConnectionVerb | DataVerb;

/** A word that may precede a verb. */
export type Prefix = 'TX' | 'LOCKTIMEOUT' | 'CANCELLABLE' | 'QUIET';

/** A command that only the prompt has. */
type PromptVerb = 'USE' | 'HELP' | 'EXIT';

export type CommandName = Prefix | Verb | PromptVerb;

/**
 * The scope of a command. With `either` it runs in a transaction or, without one, on the store. `prompt`
 * commands exist only at the prompt. A prefix applies to the command after it.
 */
type Scope = 'prefix' | 'transaction' | 'either' | 'store' | 'connection' | 'prompt';

/**
 * - `barrier`: changes the state of the connection, so it runs alone between earlier and later requests
 * - `before-password`: is allowed before the client has sent the password
 * - `refused`: always fails with advice for Redis clients; `COMMAND` does not list it
 * - `destructive`: deletes, overwrites, commits or rolls back, so the prompt never suggests it
 */
type Flag = 'barrier' | 'before-password' | 'refused' | 'destructive';

/**
 * A row of the table of commands. In a syntax, words in brackets are optional, and dots after words mean that
 * they may be repeated.
 */
export interface CommandRow<S extends Scope = Scope> {
  /** At most 50 characters, because `HELP` shows it in one line. */
  readonly summary: string;
  readonly scope: S;
  /** The arguments in the protocol. `undefined` for commands that only the prompt has. */
  readonly syntax?: string;
  /** The arguments in plain lines, if they differ from `syntax`. */
  readonly line?: string;
  /** The arguments at the prompt. `undefined` for commands that the prompt does not have. */
  readonly prompt?: string;
  /** The reply in RESP, in Markdown. */
  readonly reply?: string;
  /**
   * The positions of the first and the last key, and the distance between two keys. The verb has position 0,
   * the last argument -1.
   */
  readonly keys?: readonly [first: number, last: number, step: number];
  readonly flags?: readonly Flag[];
}

const ONE_KEY = [1, 1, 1] as const;
const ALL_KEYS = [1, -1, 1] as const;
const SOME_KEYS = 'key [key ...]';
const ENTRIES = 'key value [key value ...]';
const PUT = 'key value [EX seconds|PX milliseconds]';
const BOUNDS = '[PREFIX p] [GT k] [GTE k] [LT k] [LTE k]';
const FEED =
  '[INITIAL] [SINCE revision] [MODE latest] [VALUES both|none] [MAXBUFFERED n] [MAXBUFFEREDBYTES n]';
const RANGE = `${BOUNDS} [REVERSE] [LIMIT n] [FORUPDATE] [SKIPLOCKED]`;
const TRAILING_ID = ' [id]';
const KEY_AND_ID = `key${TRAILING_ID}`;
const PUT_AND_ID = `${PUT}${TRAILING_ID}`;
const INCREMENT = 'key by [TTL ms|INITIALTTL ms]';
const PUTIFABSENT = 'key value [TTL ms]';
const FLAG = 'integer: 1 or 0';
const OK = '`+OK`';
const VALUE = 'value or null';

/**
 * The table of all commands. The parser, the `COMMAND` command and the prompt use it. Tests compare the
 * tables in docs/ with it. To add a command, first add a row here. The compiler and the tests then report the
 * other places to change.
 */
export const commands: Readonly<
  Record<Prefix, CommandRow<'prefix'>> &
    Record<DataVerb, CommandRow<'transaction' | 'either' | 'store'>> &
    Record<ConnectionVerb, CommandRow<'connection'>> &
    Record<PromptVerb, CommandRow<'prompt'>>
> = {
  TX: { scope: 'prefix', syntax: 'id', summary: 'Names the transaction of the command' },
  LOCKTIMEOUT: { scope: 'prefix', syntax: 'ms', summary: 'Limits each wait for a lock; 0 never waits' },
  CANCELLABLE: { scope: 'prefix', syntax: '', summary: 'Allows CANCEL to cancel this request' },
  QUIET: { scope: 'prefix', syntax: '', summary: 'Omits the reply if the command succeeds' },

  BEGIN: {
    scope: 'store',
    syntax: '[READONLY] [ID id] [AGE n] [IDLETIMEOUT ms]',
    prompt: '[READONLY] [IDLETIMEOUT ms]',
    reply: 'integer: the id',
    summary: 'Opens a transaction, or a read-only snapshot',
  },
  COMMIT: {
    scope: 'transaction',
    syntax: 'id',
    prompt: '[id]',
    reply: OK,
    summary: 'Commits a transaction',
    flags: ['destructive'],
  },
  ROLLBACK: {
    scope: 'transaction',
    syntax: 'id',
    prompt: '[id]',
    reply: OK,
    summary: 'Rolls back a transaction',
    flags: ['destructive'],
  },
  COMMITALL: {
    scope: 'store',
    syntax: '',
    prompt: '',
    reply: OK,
    summary: 'Commits every transaction of this connection',
    flags: ['destructive'],
  },
  SAVEPOINT: {
    scope: 'transaction',
    syntax: '',
    prompt: '[id]',
    reply: 'integer: the savepoint',
    summary: 'Marks a point to roll back to',
  },
  ROLLBACKTO: {
    scope: 'transaction',
    syntax: 'savepoint',
    prompt: `savepoint${TRAILING_ID}`,
    reply: OK,
    summary: 'Undoes the writes since a savepoint',
    flags: ['destructive'],
  },
  RESERVE: {
    scope: 'store',
    syntax: 'n',
    reply: 'integer: the first',
    summary: 'Reserves ids for later transactions',
  },

  GET: {
    scope: 'either',
    syntax: 'key',
    line: KEY_AND_ID,
    prompt: KEY_AND_ID,
    reply: VALUE,
    summary: 'Reads a key',
    keys: ONE_KEY,
  },
  GETFORUPDATE: {
    scope: 'transaction',
    syntax: 'key',
    line: KEY_AND_ID,
    prompt: KEY_AND_ID,
    reply: VALUE,
    summary: 'Reads a key under an exclusive lock',
    keys: ONE_KEY,
  },
  MGET: {
    scope: 'either',
    syntax: SOME_KEYS,
    prompt: SOME_KEYS,
    reply: `array of ${VALUE}`,
    summary: 'Reads several keys',
    keys: ALL_KEYS,
  },
  EXISTS: {
    scope: 'either',
    syntax: SOME_KEYS,
    line: KEY_AND_ID,
    prompt: KEY_AND_ID,
    reply: 'integer: how many exist',
    summary: 'Counts the keys that exist',
    keys: ALL_KEYS,
  },
  PTTL: {
    scope: 'either',
    syntax: 'key',
    line: KEY_AND_ID,
    prompt: KEY_AND_ID,
    reply: 'integer: milliseconds',
    summary: 'Reads the remaining TTL of a key in milliseconds',
    keys: ONE_KEY,
  },
  PUT: {
    scope: 'either',
    syntax: PUT,
    line: PUT_AND_ID,
    prompt: PUT_AND_ID,
    reply: OK,
    summary: 'Writes a key; the same as SET',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  SET: {
    scope: 'either',
    syntax: PUT,
    line: PUT_AND_ID,
    prompt: PUT_AND_ID,
    reply: OK,
    summary: 'Writes a key; the same as PUT',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  MSET: {
    scope: 'either',
    syntax: ENTRIES,
    prompt: ENTRIES,
    reply: OK,
    summary: 'Writes several keys, all or none',
    keys: [1, -1, 2],
    flags: ['destructive'],
  },
  PUTMANY: {
    scope: 'either',
    syntax: `ttl ${ENTRIES}`,
    reply: OK,
    summary: 'Writes several keys with a time to live',
    keys: [2, -1, 2],
    flags: ['destructive'],
  },
  DEL: {
    scope: 'either',
    syntax: SOME_KEYS,
    line: KEY_AND_ID,
    prompt: KEY_AND_ID,
    reply: 'integer: how many existed',
    summary: 'Deletes keys',
    keys: ALL_KEYS,
    flags: ['destructive'],
  },

  INCREMENT: {
    scope: 'either',
    syntax: INCREMENT,
    line: `${INCREMENT}${TRAILING_ID}`,
    prompt: `${INCREMENT}${TRAILING_ID}`,
    reply: 'the sum',
    summary: 'Adds a number to a number',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  TAKE: {
    scope: 'either',
    syntax: 'key',
    line: KEY_AND_ID,
    prompt: KEY_AND_ID,
    reply: VALUE,
    summary: 'Deletes a key and returns its value',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  PUTIFABSENT: {
    scope: 'either',
    syntax: PUTIFABSENT,
    line: `${PUTIFABSENT}${TRAILING_ID}`,
    prompt: `${PUTIFABSENT}${TRAILING_ID}`,
    reply: FLAG,
    summary: 'Writes a key that is absent',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  REPLACE: {
    scope: 'either',
    syntax: 'key value',
    line: `key value${TRAILING_ID}`,
    prompt: `key value${TRAILING_ID}`,
    reply: OK,
    summary: 'Writes a key and keeps its deadline',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  SETTTL: {
    scope: 'either',
    syntax: 'key ms',
    line: `key ms${TRAILING_ID}`,
    prompt: `key ms${TRAILING_ID}`,
    reply: FLAG,
    summary: 'Sets the remaining TTL of a key in milliseconds',
    keys: ONE_KEY,
    flags: ['destructive'],
  },
  CLEAR: {
    scope: 'either',
    syntax: BOUNDS,
    prompt: BOUNDS,
    reply: 'integer: how many were there',
    summary: 'Deletes the entries of a range',
    flags: ['destructive'],
  },

  ENTRIES: {
    scope: 'either',
    syntax: `${RANGE} [CREDIT n]`,
    prompt: RANGE,
    reply: 'array of `[key, value]`, or with `CREDIT` a page',
    summary: 'Reads a range in key order',
  },
  SHOWALL: {
    scope: 'store',
    syntax: '[CREDIT n]',
    prompt: '[LIMIT n]',
    reply: 'array of `[key, value, id or null]`, or a page',
    summary: 'Reads every entry, and which transaction holds it',
  },
  CHANGES: {
    scope: 'store',
    syntax: `[KEY k] ${BOUNDS} ${FEED}`,
    reply: 'a page of batches, or the number of the feed',
    summary: 'Opens a change feed of a key or a range',
  },
  NEXT: {
    scope: 'store',
    syntax: 'cursor n',
    reply: 'a page',
    summary: 'Reads the next page of a scan or a feed',
  },
  CLOSECURSOR: { scope: 'store', syntax: 'cursor', reply: OK, summary: 'Ends a scan or a feed' },

  STATS: {
    scope: 'store',
    syntax: '',
    prompt: '',
    reply: 'map',
    summary: 'Reports the counters of the store',
  },
  LOCKS: {
    scope: 'store',
    syntax: '[SUMMARY|CREDIT n]',
    prompt: '[SUMMARY]',
    reply: 'map, or with `CREDIT` a page of `[held or waiting, lock]`',
    summary: 'Reports the locks, their holders and waiters',
  },
  DBSIZE: { scope: 'store', syntax: '', prompt: '', reply: 'integer', summary: 'Counts the entries' },
  INFO: {
    scope: 'connection',
    syntax: '[section]',
    prompt: '',
    reply: 'text',
    summary: 'Reports on the server: memory, clients, uptime',
  },

  MUX: {
    scope: 'connection',
    syntax: '1 [MSGPACK]',
    reply: 'map',
    summary: 'Switches to tagged requests',
    flags: ['barrier'],
  },
  CANCEL: { scope: 'store', syntax: 'tag', reply: OK, summary: 'Ends the wait of a tagged request' },

  HELLO: {
    scope: 'connection',
    syntax: '[2|3] [AUTH user password] [SETNAME name]',
    reply: 'map',
    summary: 'Starts the connection and selects RESP 2 or 3',
    flags: ['barrier', 'before-password'],
  },
  AUTH: {
    scope: 'connection',
    syntax: '[user] password',
    reply: OK,
    summary: 'Authenticates with the password',
    flags: ['barrier', 'before-password'],
  },
  PING: {
    scope: 'connection',
    syntax: '[message]',
    prompt: '',
    reply: '`+PONG`, or the message',
    summary: 'Tests whether the server answers',
  },
  ECHO: { scope: 'connection', syntax: 'message', reply: 'the message', summary: 'Returns the message' },
  SELECT: { scope: 'connection', syntax: '0', reply: OK, summary: 'Chooses the only database' },
  CLIENT: {
    scope: 'connection',
    syntax: 'subcommand [argument ...]',
    reply: 'by subcommand',
    summary: 'Reads or sets properties of the connection',
  },
  COMMAND: {
    scope: 'connection',
    syntax: '[COUNT|DOCS|INFO|LIST] [name ...]',
    reply: 'by subcommand',
    summary: 'Describes the commands',
  },
  CONFIG: {
    scope: 'connection',
    syntax: 'GET pattern',
    reply: 'map without entries',
    summary: 'Returns no settings; it exists for Redis clients',
  },
  TIME: {
    scope: 'connection',
    syntax: '',
    reply: 'array: seconds, microseconds',
    summary: 'Reads the clock of the server',
  },
  RESET: {
    scope: 'connection',
    syntax: '',
    reply: '`+RESET`',
    summary: 'Rolls back transactions and clears the name',
    flags: ['barrier', 'before-password'],
  },
  QUIT: {
    scope: 'connection',
    syntax: '',
    reply: OK,
    summary: 'Ends the connection',
    flags: ['barrier', 'before-password'],
  },

  MULTI: { scope: 'connection', syntax: '', summary: 'Is not supported: use BEGIN', flags: ['refused'] },
  EXEC: { scope: 'connection', syntax: '', summary: 'Is not supported: use COMMIT', flags: ['refused'] },
  DISCARD: { scope: 'connection', syntax: '', summary: 'Is not supported: use ROLLBACK', flags: ['refused'] },
  WATCH: {
    scope: 'connection',
    syntax: SOME_KEYS,
    summary: 'Is not supported: use BEGIN',
    flags: ['refused'],
  },
  UNWATCH: { scope: 'connection', syntax: '', summary: 'Is not supported: use BEGIN', flags: ['refused'] },

  USE: { scope: 'prompt', prompt: '[id]', summary: 'Enters a transaction; without id, leaves it' },
  HELP: { scope: 'prompt', prompt: '[command]', summary: 'Lists the commands, or explains one' },
  EXIT: { scope: 'prompt', prompt: '', summary: 'Rolls back transactions and quits; also Ctrl-D' },
};

/** The rows in the order of the table. */
export const commandRows: readonly (readonly [name: CommandName, row: CommandRow])[] = Object.entries(
  commands,
) as [CommandName, CommandRow][];

export function hasFlag({ flags = [] }: CommandRow, flag: Flag): boolean {
  return flags.includes(flag);
}

/** Returns the names of the commands whose row meets a condition. */
export function namesWhere(holds: (row: CommandRow) => boolean): ReadonlySet<string> {
  return new Set(commandRows.filter(([, row]) => holds(row)).map(([name]) => name));
}

/**
 * Returns whether the last of `words` words is the id of a transaction, in a syntax that ends with `[id]`.
 */
export function endsWithId(syntax: string, words: number): boolean {
  if (!` ${syntax}`.endsWith(TRAILING_ID)) return false;
  const [required = ''] = syntax.split('[', 1);
  const extra = words - required.split(' ').length + 1;
  // An option before the id has two words, such as `EX 10`.
  return extra === 1 || (extra === 3 && syntax.includes(`]${TRAILING_ID}`));
}
