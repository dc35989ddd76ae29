import { Slots } from '../collections/slots.ts';
import type { DirectTransaction, MaybePromise } from '../contract/direct-operations.ts';
import type { MemStoreError } from '../contract/errors.ts';
import { settleCommits } from '../lifecycle/settle-commits.ts';
import { type Outcome, Outcomes } from './outcomes.ts';
import type { SessionHost } from './session-host.ts';
import { SessionTransaction } from './session-transaction.ts';

/**
 * Few sessions have more transactions open at once. Ids are consecutive, so each nearly always has a slot.
 */
const SLOTS = 32;
/** At this number of known transactions, those that have ended by themselves are removed. */
const SWEEP_AT = 128;

/** A command that came before its transaction had begun. */
interface EarlyCommand {
  readonly id: number;
  readonly run: (transaction: SessionTransaction | undefined) => void;
}

/** The transactions that one session has begun. */
export class SessionTransactions {
  readonly #byId = new Slots<number, SessionTransaction>(SLOTS, new Map());
  readonly #host: SessionHost;
  /** The number of transactions that are beginning. Most of them have no id yet. */
  #pending = 0;
  /** Early commands: each waits for a transaction that may be one of the pending ones, in request order. */
  #early: EarlyCommand[] = [];
  #sweepAt = SWEEP_AT;
  #hasSwept = false;
  /** Outcomes of finished transactions. The transactions themselves are not kept. */
  readonly #outcomes = new Outcomes();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** Reserves a place for a transaction that is about to begin. Returns false if there is none. */
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

  /** The number of known transactions: open, beginning, and some that have ended by themselves. */
  get count(): number {
    return this.#byId.size + this.#pending;
  }

  /** Adds a transaction that has begun. REQUIRES: `reserve` reserved its place. */
  add(tx: DirectTransaction): void {
    const transaction = new SessionTransaction(tx, this.#host.limits.maxSavepoints);
    this.#byId.add(transaction.key, transaction);
    if (this.#byId.size >= this.#sweepAt) this.#sweep();
    this.#endPending();
  }

  /** Keeps why a transaction could not begin, and frees the place that `reserve` reserved for it. */
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

  /** Keeps a client whose begins are refused from having all its transactions examined each time. */
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

  /** Keeps only the outcome of a transaction. REQUIRES: it has ended. */
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

  /** Keeps why a transaction with a reserved id was refused before it had a place. */
  remember(id: number, error: MemStoreError): void {
    this.#outcomes.add(id, error);
  }

  /**
   * Returns the age of the work that a transaction of this connection was an attempt at, or `undefined` if
   * the connection has had no such transaction. A client must not get the age of a transaction of another
   * connection: it would be older than all the others, and win every deadlock.
   */
  ageOf(id: number): number | undefined {
    return this.#byId.get(id, id)?.tx.age ?? this.#outcomes.ageOf(id);
  }

  /** Keeps an age under an id for `ageOf`. */
  keepAge(id: number, age: number): void {
    this.#outcomes.keepAge(id, age);
  }

  /** Returns the outcome, or `undefined` for a transaction that was never here or has ended long since. */
  outcomeOf(id: number): Outcome | undefined {
    return this.#outcomes.outcomeOf(id);
  }

  get(id: number): SessionTransaction | undefined {
    return this.#byId.get(id, id);
  }

  /** Returns whether a pending BEGIN may give a transaction this id. */
  isPending(id: number): boolean {
    return this.#pending > 0 && this.#outcomes.outcomeOf(id) === undefined;
  }

  /**
   * Runs an early command once its transaction has begun, or no pending BEGIN can give it any more. It runs
   * in that same step, so that no later command comes before it.
   */
  runAfterBegin<R>(
    id: number,
    command: (transaction: SessionTransaction | undefined) => MaybePromise<R>,
  ): Promise<R> {
    return new Promise((resolve) => {
      this.#early.push({ id, run: (transaction) => resolve(command(transaction)) });
    });
  }

  /**
   * Commits the open transactions, each after its earlier commands.
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
