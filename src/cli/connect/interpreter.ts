import { MemStoreError, type WaitOptions } from '../../index.ts';
import { OPEN_QUOTE, splitWords } from '../../protocol/split-words.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import type { Answer } from './answer.ts';
import { type OpenTransaction, OpenTransactions } from './open-transactions.ts';
import { suggestVerb } from './suggest-verb.ts';
import { TypedWords } from './typed-words.ts';
import type { Verb } from './verb.ts';
import { verbs } from './verbs/verbs.ts';

/** A parsed command that can be run. */
export interface Task {
  readonly verb: Verb;
  /** The id of the transaction that the command belongs to, if any. */
  readonly transactionId: number | undefined;
  /** Runs the command. Sends its request synchronously. */
  run(): Promise<Answer>;
}

/** Translates typed lines to calls of a store, and keeps track of the current transaction. */
export class Interpreter {
  readonly transactions: OpenTransactions = new OpenTransactions();
  readonly #store: AnyRemoteStore;
  readonly #maxRows: number;

  constructor(store: AnyRemoteStore, maxRows: number) {
    this.#store = store;
    this.#maxRows = maxRows;
  }

  /**
   * Parses a line. Its transaction is determined now, even if the command runs later.
   * @throws {MemStoreError} UNKNOWN_COMMAND, INVALID_OPTION, UNKNOWN_TRANSACTION
   */
  prepare(line: string, signal?: AbortSignal): Task {
    const typed = splitWords(line);
    if (typed === undefined) throw new MemStoreError('INVALID_OPTION', OPEN_QUOTE);
    const { verb, words, id, lockTimeout } = understand(typed);
    const { transactions } = this;
    const own = this.#scope(verb, id);
    const wait: WaitOptions = { signal, lockTimeout };
    const context = { store: this.#store, transactions, own, wait, maxRows: this.#maxRows };
    return { verb, transactionId: own?.tx.id, run: () => verb.run(words, context) };
  }

  #scope({ name, belongsTo }: Verb, id: number | undefined): OpenTransaction | undefined {
    if (belongsTo === 'store') {
      if (id === undefined) return undefined;
      throw new MemStoreError('INVALID_OPTION', `${name} cannot run in a transaction: omit the id.`);
    }
    const own = id === undefined ? this.transactions.current : this.transactions.get(id);
    if (own === undefined && belongsTo === 'transaction')
      throw new MemStoreError('INVALID_OPTION', `${name} needs a transaction: send BEGIN first.`);
    return own;
  }
}

interface Understood {
  readonly verb: Verb;
  readonly words: TypedWords;
  readonly id: number | undefined;
  readonly lockTimeout: number | undefined;
}

/** Parses the prefixes, the verb and the transaction id. */
function understand(typed: readonly string[]): Understood {
  const words = new TypedWords(typed, '[TX id] [LOCKTIMEOUT ms] COMMAND …');
  let id: number | undefined;
  let lockTimeout: number | undefined;
  for (;;) {
    if (words.skip('TX')) id = words.count();
    else if (words.skip('LOCKTIMEOUT')) lockTimeout = words.count();
    else break;
  }
  const word = words.text();
  const verb = verbs.get(word.toUpperCase());
  if (verb === undefined) throw unknownVerb(word);
  const rest = new TypedWords(words.left > 0 ? words.rest() : [], `${verb.name} ${verb.usage}`.trimEnd());
  if (id === undefined && verb.endsWithId(rest.left)) id = rest.lastCount();
  return { verb, words: rest, id, lockTimeout };
}

function unknownVerb(word: string): MemStoreError {
  const suggestion = suggestVerb(word);
  const hint = suggestion === undefined ? 'HELP lists the commands.' : `Did you mean ${suggestion}?`;
  return new MemStoreError(
    'UNKNOWN_COMMAND',
    `There is no command ${JSON.stringify(word.slice(0, 64))}. ${hint}`,
  );
}

/**
 * Converts the rejection of a command to one error with a code. Rethrows other errors, which are bugs in this
 * program.
 */
export function toMemStoreError(thrown: unknown): MemStoreError {
  if (thrown instanceof MemStoreError) return thrown;
  if (thrown instanceof AggregateError) {
    const [first] = thrown.errors;
    const messages = thrown.errors.map((error) => (error instanceof Error ? error.message : String(error)));
    if (first instanceof MemStoreError)
      return new MemStoreError(first.code, `${thrown.message} ${messages.join(' ')}`, { cause: thrown });
  }
  if (thrown instanceof DOMException && thrown.name === 'AbortError')
    return new MemStoreError('ABORTED', 'The command was cancelled.', { cause: thrown });
  throw thrown;
}
