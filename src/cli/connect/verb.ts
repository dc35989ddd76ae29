import type { Transaction, WaitOptions } from '../../index.ts';
import type { CommandName } from '../../protocol/commands.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import type { Answer } from './answer.ts';
import type { OpenTransaction, OpenTransactions } from './open-transactions.ts';
import type { TypedWords } from './typed-words.ts';

export type AnyTransaction = Transaction<Record<string, unknown>>;

/** The store and the settings that a command uses. */
export interface VerbContext {
  readonly store: AnyRemoteStore;
  readonly transactions: OpenTransactions;
  /** The transaction that the command belongs to, if any. */
  readonly own: OpenTransaction | undefined;
  readonly wait: WaitOptions;
  /** The maximum number of rows if the command has no limit. */
  readonly maxRows: number;
}

/** The code of a prompt command. Its other properties are in the table of commands. */
export interface VerbCode {
  /** True if later commands depend on the result: the current transaction or a savepoint. */
  readonly isAwaited?: true;
  /** Runs the command. Takes all words synchronously. */
  run(words: TypedWords, context: VerbContext): Promise<Answer>;
}

export type VerbCodes = Readonly<Partial<Record<CommandName, VerbCode>>>;

/** A prompt command. */
export interface Verb extends VerbCode {
  readonly name: string;
  /** The arguments after the name, as they are written. */
  readonly usage: string;
  /**
   * Tells where the command runs: in a transaction, on the store, or either. With `either`, it runs on the
   * store if no transaction is current.
   */
  readonly belongsTo: 'transaction' | 'store' | 'either';
  /**
   * True if the command deletes, overwrites, commits or rolls back. The prompt never suggests such a command.
   */
  readonly isDestructive: boolean;
  /** Returns whether the last of `words` words is the id of a transaction. */
  endsWithId(words: number): boolean;
  /** The kind of the first argument, for completion. Undefined if it has no completion. */
  readonly completes: 'keys' | 'transactions' | 'verbs' | undefined;
  /** The keywords among the arguments, for completion. */
  readonly keywords: readonly string[];
}

/** Returns the transaction that a command belongs to, or the store. */
export function scopeOf({ own, store }: VerbContext): NonNullable<typeof own>['tx'] | typeof store {
  return own?.tx ?? store;
}
