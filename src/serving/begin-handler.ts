import type { DirectStore, DirectTransaction, MaybePromise } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { TransactionOptions, WaitOptions } from '../contract/options.ts';
import type { DataCommand } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import type { Reply } from '../protocol/reply.ts';
import { ReservedIds } from './reserved-ids.ts';
import { abandon } from './session-transaction.ts';
import type { SessionTransactions } from './session-transactions.ts';

type BeginCommand = Extract<DataCommand, { readonly name: 'BEGIN' }>;

/** Begins the transactions of one session. */
export class BeginHandler {
  readonly #store: DirectStore;
  readonly #transactions: SessionTransactions;
  readonly #maxIdleTimeoutMs: number;
  readonly #reserved = new ReservedIds();
  /** When the session has ended, transactions that were still beginning are rolled back. */
  #state: 'open' | 'ended' = 'open';

  constructor(store: DirectStore, transactions: SessionTransactions, maxIdleTimeoutMs: number) {
    this.#store = store;
    this.#transactions = transactions;
    this.#maxIdleTimeoutMs = maxIdleTimeoutMs;
  }

  end(): void {
    this.#state = 'ended';
  }

  /**
   * Reserves ids and returns the first.
   * @throws {MemStoreError} INVALID_OPTION, LIMIT_EXCEEDED
   */
  reserveIds(count: number): number {
    return this.#reserved.reserve(count, this.#store);
  }

  /**
   * Reserves a place for a transaction that is about to begin. Returns an error reply if that is not
   * possible.
   */
  reservePlace(id: number | undefined): Reply | undefined {
    if (id !== undefined && !this.#reserved.use(id))
      return errorReply(
        new MemStoreError(
          'INVALID_OPTION',
          `This connection has not reserved the id ${id}, or has already used it.`,
        ),
      );
    if (this.#transactions.reserve()) return undefined;
    const error = new MemStoreError(
      'LIMIT_EXCEEDED',
      'The connection has too many open transactions (maxTransactions).',
    );
    if (id !== undefined) this.#transactions.remember(id, error);
    return errorReply(error, id !== undefined);
  }

  /**
   * Begins a transaction, synchronously if the store can. REQUIRES: `reservePlace` has reserved a place for
   * it.
   */
  begin(command: BeginCommand, wait: WaitOptions | undefined): MaybePromise<Reply> {
    const { id } = command;
    try {
      const begun = this.#begin(command, wait);
      if (!(begun instanceof Promise)) return this.#onBegun(begun);
      return begun.then(
        (tx) => this.#onBegun(tx),
        (error: unknown) => this.#refuse(id, error),
      );
    } catch (error) {
      return this.#refuse(id, error);
    }
  }

  #begin(
    { readOnly, id, age, idleTimeout }: BeginCommand,
    wait: WaitOptions | undefined,
  ): MaybePromise<DirectTransaction> {
    if (idleTimeout !== undefined && idleTimeout > this.#maxIdleTimeoutMs)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `idleTimeout may be at most ${this.#maxIdleTimeoutMs} ms on this server (maxIdleTimeout), ` +
          `got ${idleTimeout} ms.`,
      );
    if (age !== undefined) return this.#beginAgain(id, age, { ...wait, readOnly, idleTimeout });
    if (idleTimeout !== undefined) return this.#store.begin(id, { ...wait, readOnly, idleTimeout });
    return this.#store.begin(id, readOnly ? { ...wait, readOnly } : wait);
  }

  /**
   * Begins another attempt at work whose first attempt had the id `first`. If this connection does not know
   * that id, for example after a reconnect, the attempt gets a new age. Later attempts at the same work then
   * get that age.
   */
  async #beginAgain(
    id: number | undefined,
    first: number,
    options: TransactionOptions,
  ): Promise<DirectTransaction> {
    const age = this.#transactions.ageOf(first);
    const tx = await this.#store.begin(id, age === undefined ? options : { ...options, age });
    if (age === undefined && !tx.readOnly) this.#transactions.keepAge(first, tx.age);
    return tx;
  }

  #onBegun(tx: DirectTransaction): Reply {
    if (this.#state === 'ended') abandon(tx);
    this.#transactions.add(tx);
    return { kind: 'transaction', id: tx.id };
  }

  #refuse(id: number | undefined, thrown: unknown): Reply {
    const reply = errorReply(thrown, id !== undefined);
    this.#transactions.refuse(id, reply.error);
    return reply;
  }
}
