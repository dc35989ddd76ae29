import { MemStoreError } from '../contract/errors.ts';
import type { Command, GateCommand } from '../protocol/command.ts';
import { hasFlag, namesWhere } from '../protocol/commands.ts';
import { errorReply } from '../protocol/error-reply.ts';
import { OK, type Reply } from '../protocol/reply.ts';
import { isAboutConnection } from './connection-commands.ts';

/** The commands that a client may send before it has sent the password. */
const BEFORE_PASSWORD = namesWhere((row) => hasFlag(row, 'before-password'));
/** The commands that run after a refused `MULTI`. Each ends the refusal of the others. */
const AFTER_MULTI: ReadonlySet<Command['name']> = new Set(['EXEC', 'DISCARD', 'QUIT', 'RESET']);

const GATE_COMMANDS: ReadonlySet<Command['name']> = new Set(['SELECT', 'MULTI', 'EXEC', 'DISCARD']);

/**
 * Decides which commands of one connection may run.
 *
 * Redis clients send `MULTI`, further commands and `EXEC` in one write, and some ignore a refused `SELECT`.
 * So the commands after a refused `MULTI` or `SELECT` must be refused too. Otherwise they would be committed
 * one by one, or in the wrong database, and the client would not notice.
 */
export class CommandGate {
  #isAuthenticated: boolean;
  /** True if a `MULTI` was refused and no `EXEC` or `DISCARD` has ended it. */
  #isInMulti = false;
  /** True if the last `SELECT` named a database other than 0. */
  #isElsewhere = false;
  /** True if all data commands may run. */
  isOpen: boolean;

  constructor(isAuthenticated: boolean) {
    this.#isAuthenticated = isAuthenticated;
    this.isOpen = isAuthenticated;
  }

  get isAuthenticated(): boolean {
    return this.#isAuthenticated;
  }

  /** Records that the client has sent the right password. */
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

  /** Returns the error for a command that may not run, or `undefined` if it may run. */
  refusalOf(command: Command): MemStoreError | undefined {
    if (!this.#isAuthenticated && !BEFORE_PASSWORD.has(command.name)) {
      // An AUTH may follow later, so record a MULTI or SELECT before it.
      if (GATE_COMMANDS.has(command.name)) this.run(command as GateCommand);
      return new MemStoreError('AUTH_REQUIRED', 'The server requires a password: send AUTH password first.');
    }
    if (this.#isInMulti && !AFTER_MULTI.has(command.name))
      return new MemStoreError(
        'UNKNOWN_COMMAND',
        `${command.name} was not run: MULTI was refused. Send EXEC, DISCARD or RESET first.`,
      );
    if (this.#isElsewhere && !isAboutConnection(command))
      return new MemStoreError(
        'INVALID_OPTION',
        `${command.name} was not run: SELECT was refused. Send SELECT 0 or RESET first.`,
      );
    return undefined;
  }

  /** Runs a command that may open or close the gate. */
  run(command: GateCommand): Reply {
    const reply = command.name === 'SELECT' ? this.#select(command.database) : this.#runMulti(command.name);
    this.#update();
    return reply;
  }

  #select(database: string | undefined): Reply {
    this.#isElsewhere = database !== '0';
    if (!this.#isElsewhere) return OK;
    const given = database === undefined ? '' : `, got ${JSON.stringify(database.slice(0, 64))}`;
    return errorReply(
      new MemStoreError('INVALID_OPTION', `SELECT takes only 0, because there is one database${given}.`),
    );
  }

  #runMulti(name: Exclude<GateCommand['name'], 'SELECT'>): Reply {
    const isEnd = this.#isInMulti && (name === 'EXEC' || name === 'DISCARD');
    this.#isInMulti = !isEnd && (this.#isInMulti || name === 'MULTI');
    if (isEnd) return name === 'DISCARD' ? OK : discarded();
    const message = `${name} is not supported. Send BEGIN, then TX id before each command.`;
    return errorReply(new MemStoreError('UNKNOWN_COMMAND', message));
  }

  #update(): void {
    this.isOpen = this.#isAuthenticated && !this.#isInMulti && !this.#isElsewhere;
  }
}

function discarded(): Reply {
  const error = new MemStoreError(
    'TRANSACTION_ABORTED',
    'None of the commands ran, because MULTI was refused.',
  );
  const redisText = 'EXECABORT Transaction discarded because of previous errors.';
  return { ...errorReply(error, true), redisText };
}
