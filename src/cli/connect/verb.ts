import type { Transaction, WaitOptions } from '../../index.ts';
import type { CommandName } from '../../protocol/commands.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import type { Answer } from './answer.ts';
import type { OpenTransaction, OpenTransactions } from './open-transactions.ts';
import type { TypedWords } from './typed-words.ts';

export type AnyTransaction = Transaction<Record<string, unknown>>;

/** The store and the settings that a command works with. */
export interface VerbContext {
  readonly store: AnyRemoteStore;
  readonly transactions: OpenTransactions;
  /** The transaction that the command belongs to, if any. */
  readonly own: OpenTransaction | undefined;
  readonly wait: WaitOptions;
  /** The limit of rows if the command has none. */
  readonly maxRows: number;
}

/** The code of a command of the prompt. Everything else about it is in the table of commands. */
export interface VerbCode {
  /** Whether later commands depend on the answer: on the current transaction or on a savepoint. */
  readonly isAwaited?: true;
  /** Runs the command. Takes all words before it returns. An error is an answer too. */
  run(words: TypedWords, context: VerbContext): Promise<Answer>;
}

export type VerbCodes = Readonly<Partial<Record<CommandName, VerbCode>>>;

/** A command of the prompt. */
export interface Verb extends VerbCode {
  readonly name: string;
  /** The arguments as they are written behind the name. */
  readonly usage: string;
  /**
   * Whether the command belongs to a transaction (named or current), to none, or to either. In the last case
   * it runs as a transaction of its own if none is current.
   */
  readonly belongsTo: 'transaction' | 'store' | 'either';
  /**
   * Whether the command deletes, overwrites, publishes or discards. The prompt never suggests such a command.
   */
  readonly isDestructive: boolean;
  /** Tells whether the last of `words` words is the id of a transaction. */
  endsWithId(words: number): boolean;
  /** The kind of the first word behind it, for completion. `undefined` if it is not known. */
  readonly completes: 'keys' | 'transactions' | 'verbs' | undefined;
  /** The keywords that may stand behind it, for completion. */
  readonly keywords: readonly string[];
}
