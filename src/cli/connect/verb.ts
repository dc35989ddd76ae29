import type { Transaction, WaitOptions } from '../../index.ts';
import type { CommandName } from '../../protocol/commands.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import type { Answer } from './answer.ts';
import type { OpenTransaction, OpenTransactions } from './open-transactions.ts';
import type { TypedWords } from './typed-words.ts';

export type AnyTransaction = Transaction<Record<string, unknown>>;

/** What a command works on. */
export interface VerbContext {
  readonly store: AnyRemoteStore;
  readonly transactions: OpenTransactions;
  /** The transaction that it belongs to, if it belongs to one. */
  readonly own: OpenTransaction | undefined;
  readonly wait: WaitOptions;
  /** How many rows are wanted when the command does not say. */
  readonly maxRows: number;
}

/** The code of a command of the prompt. Everything else about it is in the table of commands. */
export interface VerbCode {
  /** Whether commands behind it mean something by its answer: the transaction that they are in, or a savepoint. */
  readonly isAwaited?: true;
  /** Reads its words before it returns; what it throws or rejects with is an answer too. */
  run(words: TypedWords, context: VerbContext): Promise<Answer>;
}

export type VerbCodes = Readonly<Partial<Record<CommandName, VerbCode>>>;

/** One command of the prompt. */
export interface Verb extends VerbCode {
  readonly name: string;
  /** The arguments as they are written behind the name. */
  readonly usage: string;
  /**
   * The owner of the command: the transaction that it names or that one is in; none; or either, so that it is
   * a transaction of its own without one.
   */
  readonly belongsTo: 'transaction' | 'store' | 'either';
  /** Whether it deletes, overwrites, publishes or discards something, so that the prompt never suggests it. */
  readonly isDestructive: boolean;
  /** Tells whether the last of `words` words is the id of a transaction. */
  endsWithId(words: number): boolean;
  /** The kind of the first word behind it, for completion. `undefined` if it is not known. */
  readonly completes: 'keys' | 'transactions' | 'verbs' | undefined;
  /** The keywords that may stand behind it, for completion. */
  readonly keywords: readonly string[];
}
