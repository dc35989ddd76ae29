import { MemStoreError } from '../contract/errors.ts';
import type { Command, ConnectionCommand, GateCommand } from '../protocol/command.ts';
import { hasFlag, namesWhere } from '../protocol/commands.ts';
import { describeCommands } from '../protocol/describe-commands.ts';
import { integer, list, OK, type Reply, text } from '../protocol/reply.ts';
import { REDIS_VERSION, SERVER_NAME } from './server-identity.ts';
import type { ResolvedLimits } from './server-options.ts';

/** A connection, as the commands about it see and change it. */
export interface Peer {
  /** Numbers the connections of a server from 1. */
  readonly id: number;
  readonly address: string;
  /** Decides which commands of the connection may run. */
  readonly gate: { readonly isAuthenticated: boolean; run(command: GateCommand): Reply };
  readonly limits: ResolvedLimits;
  name: string;
  version: 2 | 3;
  /** Resolves with whether a password is right, slowly if not; `undefined` if the server has no password. */
  authenticate(password: string): Promise<boolean> | undefined;
  /** Switches to tagged requests once the answer is written. */
  useTags(messagePack: boolean): void;
  /** Rolls back what is open, and forgets the name and the version. */
  reset(): void;
  /** Closes the connection once the answer is written. No request behind this one is read. */
  hangUp(reason: string): void;
  /** Returns the lines of `INFO`. */
  info(): Promise<string>;
}

const aboutConnection = namesWhere(({ scope }) => scope === 'connection');

/** Returns whether a command has to do with the connection, not with the data. */
export function isAboutConnection(command: Command): command is ConnectionCommand {
  return aboutConnection.has(command.name);
}

/** Commands that change how the connection goes on. Each runs alone, between the others. */
export const barriers: ReadonlySet<string> = namesWhere((row) => hasFlag(row, 'barrier'));

/** @throws {MemStoreError} AUTH_FAILED, INVALID_OPTION, UNKNOWN_COMMAND */
export async function runConnectionCommand(peer: Peer, command: ConnectionCommand): Promise<Reply> {
  switch (command.name) {
    case 'HELLO':
      return greet(peer, command);
    case 'AUTH':
      if (!(await authenticate(peer, command.password)))
        throw new MemStoreError('INVALID_OPTION', 'The client sent AUTH, but no password is set.');
      return OK;
    case 'MUX':
      peer.useTags(command.messagePack);
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
      return peer.gate.run(command);
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
      peer.hangUp('the client quit');
      return OK;
  }
}

async function greet(
  peer: Peer,
  { version, password, clientName }: Extract<ConnectionCommand, { readonly name: 'HELLO' }>,
): Promise<Reply> {
  if (version !== undefined && version !== 2 && version !== 3)
    throw new MemStoreError('INVALID_OPTION', 'NOPROTO: the protocol versions are 2 and 3.');
  if (password !== undefined) await authenticate(peer, password);
  if (!peer.gate.isAuthenticated)
    throw new MemStoreError('AUTH_REQUIRED', 'The server wants a password: HELLO 3 AUTH default password.');
  if (version !== undefined) peer.version = version;
  if (clientName !== undefined) peer.name = clientName;
  return {
    kind: 'map',
    entries: [
      ['server', text(SERVER_NAME)],
      ['version', text(REDIS_VERSION)],
      ['proto', integer(peer.version)],
      ['id', integer(peer.id)],
      ['mode', text('standalone')],
      ['role', text('master')],
      ['modules', list([])],
    ],
  };
}

/** Resolves with false if the server has no password. A client that gives one is greeted all the same. */
async function authenticate(peer: Peer, password: string): Promise<boolean> {
  const isRight = peer.authenticate(password);
  if (isRight === undefined) return false;
  if (!(await isRight)) throw new MemStoreError('AUTH_FAILED', 'The password is wrong.');
  return true;
}

function client(peer: Peer, words: readonly string[]): Reply {
  const [what = '', argument = ''] = words;
  const line = `id=${peer.id} addr=${peer.address} name=${peer.name} resp=${peer.version}\n`;
  switch (what.toUpperCase()) {
    case 'ID':
      return integer(peer.id);
    case 'GETNAME':
      return peer.name === '' ? { kind: 'null' } : text(peer.name);
    case 'SETNAME':
      if (/[^!-~]/.test(argument))
        throw new MemStoreError('INVALID_OPTION', 'A client name has no spaces or special characters.');
      peer.name = argument;
      return OK;
    case 'LIST':
    case 'INFO':
      // A client sees itself only.
      return text(line);
    case 'SETINFO':
    case 'NO-EVICT':
    case 'NO-TOUCH':
      // Hints that mean nothing here.
      return OK;
    case 'REPLY':
      if (argument.toUpperCase() === 'ON') return OK;
      // The client would skip replies, and match every later reply to the wrong request.
      peer.hangUp('it sent CLIENT REPLY, which is not supported');
      throw new MemStoreError(
        'INVALID_OPTION',
        'CLIENT REPLY may only be ON. The connection is closed, because its replies would not be understood.',
      );
    default:
      throw new MemStoreError('UNKNOWN_COMMAND', `There is no CLIENT ${JSON.stringify(what)}.`);
  }
}

/** Returns no settings. Monitoring tools and benchmarks ask for those of Redis. */
function config([what = '']: readonly string[]): Reply {
  if (what.toUpperCase() === 'GET') return { kind: 'map', entries: [] };
  throw new MemStoreError('UNKNOWN_COMMAND', 'The server is configured when it is started.');
}
