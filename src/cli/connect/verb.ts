import type { Transaction, WaitOptions } from '../../index.ts';
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

/** One command of the prompt. */
export interface Verb {
  readonly name: string;
  /** How it is written, behind its name. */
  readonly usage: string;
  readonly summary: string;
  /**
   * Whose command it is: of the transaction that it names or that one is in; of none; or of either, so that
   * it is a transaction of its own when there is none.
   */
  readonly belongsTo: 'transaction' | 'store' | 'either';
  /**
   * Whether it deletes, overwrites, publishes or discards something, so that the prompt never suggests it.
   */
  readonly isDestructive?: true;
  /** Whether commands behind it mean something by its answer: the transaction that they are in, or a savepoint. */
  readonly isAwaited?: true;
  /** Whether the last of so many words is the id of a transaction. */
  readonly endsWithId?: (words: number) => boolean;
  /** What the words behind it are, for completion. @default nothing that is known */
  readonly completes?: 'keys' | 'transactions' | 'verbs';
  /** What may stand behind it besides, for completion. */
  readonly keywords?: readonly string[];
  /** Reads its words before it returns; what it throws or rejects with is an answer too. */
  run(words: TypedWords, context: VerbContext): Promise<Answer>;
}
