import { MemStoreError } from '../contract/errors.ts';
import type { Command, ConnectionCommand, GateCommand } from '../protocol/command.ts';
import { hasFlag, namesWhere } from '../protocol/commands.ts';
import { describeCommands } from '../protocol/describe-commands.ts';
import { integer, list, OK, type Reply, text } from '../protocol/reply.ts';
import { REDIS_VERSION, SERVER_NAME } from './server-identity.ts';
import type { ResolvedLimits } from './server-options.ts';

/** The part of a request pipeline that connection commands use. */
interface PeerPipeline {
  /** Decides which commands of the connection may run. */
  readonly gate: { readonly isAuthenticated: boolean; run(command: GateCommand): Reply };
  version: 2 | 3;
  /** Switches to tagged requests after the reply is written. */
  useTags(messagePack: boolean): void;
}

/** The part of a connection that its commands read and change. */
export interface Peer {
  /** The number of the connection. The server counts connections from 1. */
  readonly id: number;
  readonly address: string;
  readonly pipeline: PeerPipeline;
  readonly limits: ResolvedLimits;
  name: string;
  /**
   * Resolves with whether a password is right, after a delay if it is wrong. Returns `undefined` if the
   * server has no password.
   */
  authenticate(password: string): Promise<boolean> | undefined;
  /** Rolls back open transactions, and resets the name and the protocol version. */
  reset(): void;
  /** Closes the connection after the reply is written. Later requests are not read. */
  hangUp(reason: string): void;
  /** Returns the lines of `INFO`. */
  info(): Promise<string>;
}

const aboutConnection = namesWhere(({ scope }) => scope === 'connection');

/** Returns whether a command concerns the connection and not the data. */
export function isAboutConnection(command: Command): command is ConnectionCommand {
  return aboutConnection.has(command.name);
}

/**
 * The commands that change the state of the connection. Each runs alone, after all earlier and before all
 * later requests.
 */
export const barriers: ReadonlySet<string> = namesWhere((row) => hasFlag(row, 'barrier'));

/**
 * Runs a connection command and returns its reply.
 * @throws {MemStoreError} AUTH_FAILED, INVALID_OPTION, UNKNOWN_COMMAND
 */
export async function runConnectionCommand(peer: Peer, command: ConnectionCommand): Promise<Reply> {
  switch (command.name) {
    case 'HELLO':
      return greet(peer, command);
    case 'AUTH':
      if (!(await authenticate(peer, command.password)))
        throw new MemStoreError('INVALID_OPTION', 'The client sent AUTH, but the server has no password.');
      return OK;
    case 'MUX':
      peer.pipeline.useTags(command.messagePack);
      return {
        kind: 'map',
        entries: [
          ['mux', integer(1)],
          ['quiet', integer(1)],
          ['max-arguments', integer(peer.limits.maxArguments)],
          ['max-value-bytes', integer(peer.limits.maxValueBytes)],
          ['max-request-bytes', integer(peer.limits.maxRequestBytes)],
        ],
      };
    case 'PING':
      return command.message === undefined ? { kind: 'status', text: 'PONG' } : text(command.message);
    case 'ECHO':
      return text(command.message);
    case 'SELECT':
    case 'MULTI':
    case 'EXEC':
    case 'DISCARD':
    case 'WATCH':
    case 'UNWATCH':
      return peer.pipeline.gate.run(command);
    case 'CLIENT':
      return client(peer, command.words);
    case 'INFO':
      return text(await peer.info());
    case 'COMMAND':
      return describeCommands(command.words);
    case 'CONFIG':
      return config(command.words);
    case 'TIME': {
      const nowMs = Date.now();
      return list([text(String(Math.floor(nowMs / 1000))), text(String((nowMs % 1000) * 1000))]);
    }
    case 'RESET':
      peer.reset();
      return { kind: 'status', text: 'RESET' };
    case 'QUIT':
      peer.hangUp('the client sent QUIT');
      return OK;
  }
}

async function greet(
  peer: Peer,
  { version, password, clientName }: Extract<ConnectionCommand, { readonly name: 'HELLO' }>,
): Promise<Reply> {
  if (version !== undefined && version !== 2 && version !== 3)
    throw new MemStoreError(
      'INVALID_OPTION',
      `NOPROTO: the protocol version must be 2 or 3, got ${version}.`,
    );
  if (password !== undefined) await authenticate(peer, password);
  if (!peer.pipeline.gate.isAuthenticated)
    throw new MemStoreError(
      'AUTH_REQUIRED',
      'The server requires a password: send HELLO 3 AUTH default password.',
    );
  if (version !== undefined) peer.pipeline.version = version;
  if (clientName !== undefined) peer.name = clientName;
  return {
    kind: 'map',
    entries: [
      ['server', text(SERVER_NAME)],
      ['version', text(REDIS_VERSION)],
      ['proto', integer(peer.pipeline.version)],
      ['id', integer(peer.id)],
      ['mode', text('standalone')],
      ['role', text('master')],
      ['modules', list([])],
    ],
  };
}

/**
 * Returns false if the server has no password. `HELLO` ignores that, so a client may send one anyway.
 * @throws {MemStoreError} AUTH_FAILED
 */
async function authenticate(peer: Peer, password: string): Promise<boolean> {
  const isRight = peer.authenticate(password);
  if (isRight === undefined) return false;
  if (!(await isRight)) throw new MemStoreError('AUTH_FAILED', 'The password is wrong.');
  return true;
}

function client(peer: Peer, words: readonly string[]): Reply {
  const [what = '', argument = ''] = words;
  const line = `id=${peer.id} addr=${peer.address} name=${peer.name} resp=${peer.pipeline.version}\n`;
  switch (what.toUpperCase()) {
    case 'ID':
      return integer(peer.id);
    case 'GETNAME':
      return peer.name === '' ? { kind: 'null' } : text(peer.name);
    case 'SETNAME':
      if (/[^!-~]/.test(argument))
        throw new MemStoreError(
          'INVALID_OPTION',
          `A client name must not contain spaces or special characters, got ${JSON.stringify(argument)}.`,
        );
      peer.name = argument;
      return OK;
    case 'LIST':
    case 'INFO':
      // A client sees only its own connection.
      return text(line);
    case 'SETINFO':
    case 'NO-EVICT':
    case 'NO-TOUCH':
      // Accept these hints, which have no effect here.
      return OK;
    case 'REPLY':
      if (argument.toUpperCase() === 'ON') return OK;
      // Such a client expects no replies, so it would match later replies to the wrong requests.
      peer.hangUp('the client sent CLIENT REPLY, which is not supported');
      throw new MemStoreError(
        'INVALID_OPTION',
        'CLIENT REPLY may only be ON. The connection is closed, because later replies would be misread.',
      );
    default:
      throw new MemStoreError('UNKNOWN_COMMAND', `CLIENT has no subcommand ${JSON.stringify(what)}.`);
  }
}

/** Returns no settings. Monitoring tools and benchmarks request those of Redis. */
function config([what = '']: readonly string[]): Reply {
  if (what.toUpperCase() === 'GET') return { kind: 'map', entries: [] };
  throw new MemStoreError(
    'UNKNOWN_COMMAND',
    'CONFIG supports only GET: options are set when the server starts.',
  );
}
