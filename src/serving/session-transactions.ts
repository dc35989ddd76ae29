import { Slots } from '../collections/slots.ts';
import type { DirectTransaction, MaybePromise } from '../contract/direct-operations.ts';
import type { MemStoreError } from '../contract/errors.ts';
import { settleCommits } from '../lifecycle/settle-commits.ts';
import { type Outcome, Outcomes } from './outcomes.ts';
import type { SessionHost } from './session-host.ts';
import { SessionTransaction } from './session-transaction.ts';

/**
 * Few sessions have more open transactions than this. Ids are consecutive, so nearly every open transaction
 * has its own slot.
 */
const SLOTS = 32;
/** At this number of known transactions, a sweep removes those that the store has ended. */
const SWEEP_AT = 128;

/** A command that arrived while its transaction was still beginning. */
interface EarlyCommand {
  readonly id: number;
  readonly run: (transaction: SessionTransaction | undefined) => void;
}

/** The transactions of one session. */
export class SessionTransactions {
  readonly #byId = new Slots<number, SessionTransaction>(SLOTS, new Map());
  readonly #host: SessionHost;
  /** The number of transactions that are still beginning. Most of them have no id yet. */
  #pending = 0;
  /**
   * The early commands in request order. Each waits until its transaction has begun or no begin is pending.
   */
  #early: EarlyCommand[] = [];
  #sweepAt = SWEEP_AT;
  #hasSwept = false;
  /** Outcomes of finished transactions. The transactions themselves are not kept. */
  readonly #outcomes = new Outcomes();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** Reserves a place for a transaction that is about to begin. Returns false if the limit is reached. */
  reserve(): boolean {
    if (this.#isFull && !this.#hasSwept) this.#sweep();
    if (this.#isFull) {
      this.#sweepNoMoreInThisTurn();
      return false;
    }
    this.#pending++;
    return true;
  }

  get #isFull(): boolean {
    return this.count >= this.#host.limits.maxTransactions;
  }

  /**
   * Returns the number of known transactions: the open and beginning ones, and some that the store has ended.
   */
  get count(): number {
    return this.#byId.size + this.#pending;
  }

  /** Adds a transaction that has begun. REQUIRES: `reserve` has reserved a place for it. */
  add(tx: DirectTransaction): void {
    const transaction = new SessionTransaction(tx, this.#host.limits.maxSavepoints);
    this.#byId.add(transaction.key, transaction);
    if (this.#byId.size >= this.#sweepAt) this.#sweep();
    this.#endPending();
  }

  /** Stores the reason why a transaction could not begin, and frees its reserved place. */
  refuse(id: number | undefined, error: MemStoreError): void {
    if (id !== undefined) this.#outcomes.add(id, error);
    this.#endPending();
  }

  #endPending(): void {
    this.#pending--;
    if (this.#early.length > 0) this.#runEarly();
  }

  #runEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const command of early) {
      const transaction = this.#byId.get(command.id, command.id);
      if (transaction === undefined && this.#pending > 0) this.#early.push(command);
      else command.run(transaction);
    }
  }

  /**
   * Allows one sweep per turn of the event loop. Otherwise each refused BEGIN would examine all transactions.
   */
  #sweepNoMoreInThisTurn(): void {
    if (this.#hasSwept) return;
    this.#hasSwept = true;
    void this.#host.yieldTurn().then(() => {
      this.#hasSwept = false;
    });
  }

  #sweep(): void {
    for (const transaction of [...this.#byId]) if (!transaction.isOpen) this.release(transaction);
    this.#sweepAt = Math.max(2 * this.#byId.size, SWEEP_AT);
  }

  /** Replaces a transaction by its outcome. REQUIRES: the transaction has ended. */
  release(transaction: SessionTransaction): void {
    if (!this.#byId.delete(transaction.key, transaction)) return;
    const { tx, failure } = transaction;
    if (tx.status === 'committed') {
      this.#outcomes.add(tx.id, 'TRANSACTION_CLOSED');
      return;
    }
    this.#outcomes.add(tx.id, failure ?? tx.failure?.code ?? 'TRANSACTION_ABORTED');
    if (!tx.readOnly) this.keepAge(tx.id, tx.age);
  }

  /** Stores the reason why a transaction with a reserved id got no place. */
  remember(id: number, error: MemStoreError): void {
    this.#outcomes.add(id, error);
  }

  /**
   * Returns the age of an earlier attempt on this connection, or `undefined` if the id is unknown. A client
   * must not get an age from another connection: an old age would let it win every deadlock.
   */
  ageOf(id: number): number | undefined {
    return this.#byId.get(id, id)?.tx.age ?? this.#outcomes.ageOf(id);
  }

  /** Stores an age under an id for `ageOf`. */
  keepAge(id: number, age: number): void {
    this.#outcomes.keepAge(id, age);
  }

  /** Returns the outcome, or `undefined` if the transaction is unknown or ended too long ago. */
  outcomeOf(id: number): Outcome | undefined {
    return this.#outcomes.outcomeOf(id);
  }

  get(id: number): SessionTransaction | undefined {
    return this.#byId.get(id, id);
  }

  /** Returns whether the transaction with this id may still be beginning. */
  isPending(id: number): boolean {
    return this.#pending > 0 && this.#outcomes.outcomeOf(id) === undefined;
  }

  /**
   * Runs an early command once its transaction has begun. If no begin is pending any more, runs it without a
   * transaction. The command runs synchronously at that moment, so that no later command runs before it. Its
   * reply follows in the next turn, so that the reply to BEGIN is queued first.
   */
  runAfterBegin<R>(
    id: number,
    command: (transaction: SessionTransaction | undefined) => MaybePromise<R>,
  ): Promise<R> {
    return new Promise((resolve) => {
      const run = (transaction: SessionTransaction | undefined): void => {
        const result = command(transaction);
        void this.#host.yieldTurn().then(() => resolve(result));
      };
      this.#early.push({ id, run });
    });
  }

  /**
   * Commits all active transactions, each after its earlier commands.
   * @throws {AggregateError} as a rejection, with the errors of the commits that failed
   */
  commitAll(): Promise<void> {
    const active = this.open().filter(({ tx }) => tx.status === 'active');
    return settleCommits(active.map(async ({ tx, lane }) => lane.run(() => tx.commit())));
  }

  /** Returns the open transactions in the order of their ids. */
  open(): SessionTransaction[] {
    return [...this.#byId].filter((transaction) => transaction.isOpen).sort((a, b) => a.key - b.key);
  }
}
