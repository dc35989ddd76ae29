import { MemStoreError } from '../contract/errors.ts';
import type { Command, GateCommand } from '../protocol/command.ts';
import { hasFlag, namesWhere } from '../protocol/commands.ts';
import { errorReply } from '../protocol/error-reply.ts';
import { OK, type Reply } from '../protocol/reply.ts';
import { isAboutConnection } from './connection-commands.ts';

/** Commands that a client may send before it has given the password. */
const BEFORE_PASSWORD = namesWhere((row) => hasFlag(row, 'before-password'));
/** Commands that end the refusal after a refused `MULTI`. */
const AFTER_MULTI: ReadonlySet<Command['name']> = new Set(['EXEC', 'DISCARD', 'QUIT', 'RESET']);

const GATE_COMMANDS: ReadonlySet<Command['name']> = new Set(['SELECT', 'MULTI', 'EXEC', 'DISCARD']);

/**
 * Decides which commands of one connection may run.
 *
 * Clients of Redis send `MULTI`, the commands behind it and `EXEC` in one write, and some go on after a
 * refused `SELECT`. So the refusal must cover the commands behind it. Otherwise they would be committed
 * alone, or in the wrong database, and the client would not notice.
 */
export class CommandGate {
  #isAuthenticated: boolean;
  /** A `MULTI` was refused, and its `EXEC` or `DISCARD` is still to come. */
  #isInMulti = false;
  /** The last `SELECT` named another database than 0. */
  #isElsewhere = false;
  /** Whether every command about the data may run. */
  isOpen: boolean;

  constructor(isAuthenticated: boolean) {
    this.#isAuthenticated = isAuthenticated;
    this.isOpen = isAuthenticated;
  }

  get isAuthenticated(): boolean {
    return this.#isAuthenticated;
  }

  /** Records that the client has given the right password. */
  authenticate(): void {
    this.#isAuthenticated = true;
    this.#update();
  }

  /** Forgets a refused `MULTI` or `SELECT`. */
  reset(): void {
    this.#isInMulti = false;
    this.#isElsewhere = false;
    this.#update();
  }

  /** Returns why a command may not run, or `undefined` if it may. */
  refusalOf(command: Command): MemStoreError | undefined {
    if (!this.#isAuthenticated && !BEFORE_PASSWORD.has(command.name)) {
      // AUTH may follow, so a gate command before it still takes effect.
      if (GATE_COMMANDS.has(command.name)) this.run(command as GateCommand);
      return new MemStoreError('AUTH_REQUIRED', 'The server wants a password first: AUTH password.');
    }
    if (this.#isInMulti && !AFTER_MULTI.has(command.name))
      return new MemStoreError(
        'UNKNOWN_COMMAND',
        `${command.name} was not run: MULTI was refused. Send EXEC, DISCARD or RESET before other commands.`,
      );
    if (this.#isElsewhere && !isAboutConnection(command))
      return new MemStoreError(
        'INVALID_OPTION',
        `${command.name} was not run: SELECT was refused. ` +
          'Send SELECT 0 or RESET before commands about the data.',
      );
    return undefined;
  }

  /** Runs a command that opens or closes the gate. */
  run(command: GateCommand): Reply {
    const reply = command.name === 'SELECT' ? this.#select(command.database) : this.#runMulti(command.name);
    this.#update();
    return reply;
  }

  #select(database: string | undefined): Reply {
    this.#isElsewhere = database !== '0';
    if (!this.#isElsewhere) return OK;
    const given = database === undefined ? '' : `, not ${JSON.stringify(database.slice(0, 64))}`;
    return errorReply(
      new MemStoreError('INVALID_OPTION', `SELECT takes 0, the number of the only database${given}.`),
    );
  }

  #runMulti(name: Exclude<GateCommand['name'], 'SELECT'>): Reply {
    const isEnd = this.#isInMulti && (name === 'EXEC' || name === 'DISCARD');
    this.#isInMulti = !isEnd && (this.#isInMulti || name === 'MULTI');
    if (isEnd) return name === 'DISCARD' ? OK : discarded();
    const message =
      `${name} is not supported. ` +
      'Say BEGIN, and TX with the id that it answers in front of each command.';
    return errorReply(new MemStoreError('UNKNOWN_COMMAND', message));
  }

  #update(): void {
    this.isOpen = this.#isAuthenticated && !this.#isInMulti && !this.#isElsewhere;
  }
}

function discarded(): Reply {
  const error = new MemStoreError('TRANSACTION_ABORTED', 'No command ran, because MULTI was refused.');
  const redisText = 'EXECABORT Transaction discarded because of previous errors.';
  return { ...errorReply(error, true), redisText };
}
