import type { ImmediateOperations } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { TransactionOptions, WaitOptions } from '../contract/store.ts';
import type { DataCommand } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import type { Reply } from '../protocol/reply.ts';
import { ReservedIds } from './reserved-ids.ts';
import type { ServedStore, ServedTransaction } from './served-store.ts';
import type { ServedTransactions } from './served-transactions.ts';

const SNAPSHOT: TransactionOptions = { readOnly: true };

/** Begins the transactions of one connection. */
export class Beginnings {
  readonly #store: ServedStore;
  readonly #immediate: ImmediateOperations | undefined;
  readonly #transactions: ServedTransactions;
  readonly #maxIdleTimeoutMs: number;
  readonly #reserved = new ReservedIds();
  /** Set when the connection is gone: transactions that begin later are rolled back. */
  isEnded = false;

  constructor(
    store: ServedStore,
    immediate: ImmediateOperations | undefined,
    transactions: ServedTransactions,
    maxIdleTimeoutMs: number,
  ) {
    this.#store = store;
    this.#immediate = immediate;
    this.#transactions = transactions;
    this.#maxIdleTimeoutMs = maxIdleTimeoutMs;
  }

  /** @throws {MemStoreError} INVALID_OPTION, LIMIT_EXCEEDED */
  reserve(count: number): number {
    return this.#reserved.reserve(count, this.#immediate);
  }

  /** Reserves a place for a transaction that is to begin, or returns the refusal. */
  expect(id: number | undefined): Reply | undefined {
    if (id !== undefined && !this.#reserved.use(id))
      return errorReply(
        new MemStoreError('INVALID_OPTION', `This connection has not reserved the id ${id}, or has used it.`),
      );
    if (this.#transactions.expect()) return undefined;
    const error = new MemStoreError('LIMIT_EXCEEDED', 'The connection has too many transactions open.');
    if (id !== undefined) this.#transactions.remember(id, error);
    return errorReply(error, id !== undefined);
  }

  /** Begins a transaction that `expect` reserved a place for, synchronously if the store can. */
  begin(
    { readOnly, id, age, idleTimeout }: Extract<DataCommand, { readonly name: 'BEGIN' }>,
    wait: WaitOptions,
  ): Reply | Promise<Reply> {
    if (idleTimeout !== undefined && idleTimeout > this.#maxIdleTimeoutMs)
      return this.#notBegun(id, this.#tooIdle(idleTimeout));
    if (age !== undefined)
      return this.#arrival(id, this.#openAgain(id, age, { ...wait, readOnly, idleTimeout }));
    try {
      const plain = readOnly ? this.#ofSnapshot(wait) : wait;
      const tx = this.#open(id, idleTimeout === undefined ? plain : { ...plain, idleTimeout });
      return tx instanceof Promise ? this.#arrival(id, tx) : this.#arrive(tx);
    } catch (error) {
      return this.#notBegun(id, error);
    }
  }

  #tooIdle(idleTimeoutMs: number): MemStoreError {
    return new MemStoreError(
      'LIMIT_EXCEEDED',
      `idleTimeout may be at most ${this.#maxIdleTimeoutMs} ms on this server (maxIdleTimeout); ` +
        `it is ${idleTimeoutMs}.`,
    );
  }

  async #arrival(id: number | undefined, begun: Promise<ServedTransaction>): Promise<Reply> {
    try {
      return this.#arrive(await begun);
    } catch (error) {
      return this.#notBegun(id, error);
    }
  }

  #arrive(tx: ServedTransaction): Reply {
    // The connection ended while the transaction waited for its turn.
    if (this.isEnded) void tx.rollback();
    this.#transactions.arrive(tx, this.#immediate?.within(tx));
    return { kind: 'transaction', id: tx.id };
  }

  #notBegun(id: number | undefined, thrown: unknown): Reply {
    const reply = errorReply(thrown, id !== undefined);
    if (id !== undefined) this.#transactions.remember(id, reply.error);
    this.#transactions.arrive(undefined);
    return reply;
  }

  #open(id: number | undefined, options: TransactionOptions): ServedTransaction | Promise<ServedTransaction> {
    // Only a store with immediate operations has reserved ids.
    if (this.#immediate !== undefined) return this.#immediate.begin(id, options);
    // A snapshot has the operations that its type lacks, and refuses them.
    return this.#store.begin(options) as Promise<ServedTransaction>;
  }

  /** Returns the options of a snapshot. In this process it begins without a wait, so it needs no signal. */
  #ofSnapshot(wait: WaitOptions): TransactionOptions {
    return this.#immediate === undefined ? { ...wait, readOnly: true } : SNAPSHOT;
  }

  /**
   * Opens another attempt at the work whose first attempt had the id `first`. If this connection does not
   * know that id, for example after a reconnect, the attempt gets a new age. Later attempts at the same work
   * get that age too.
   */
  async #openAgain(
    id: number | undefined,
    first: number,
    options: TransactionOptions,
  ): Promise<ServedTransaction> {
    const age = this.#transactions.ageOf(first);
    const tx = await this.#open(id, age === undefined ? options : { ...options, age });
    if (age === undefined && !tx.readOnly) this.#transactions.keepAge(first, tx.age);
    return tx;
  }
}
