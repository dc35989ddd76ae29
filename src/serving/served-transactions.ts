import { Slots } from '../collections/slots.ts';
import type { ImmediateTransaction } from '../contract/direct-operations.ts';
import { type End, EndedTransactions } from './ended-transactions.ts';
import { OwnTransaction } from './own-transaction.ts';
import type { ServedTransaction } from './served-store.ts';
import type { SessionHost } from './session-host.ts';

/** Few connections have more transactions open at once. Ids are consecutive, so each nearly always has a slot. */
const SLOTS = 32;
/** At this number of known transactions, those that have ended by themselves are removed. */
const SWEEP_AT = 128;

/** The transactions that one connection has begun. */
export class ServedTransactions {
  readonly #byId = new Slots<number, OwnTransaction>(SLOTS, new Map());
  readonly #host: SessionHost;
  /** The transactions that are beginning and have no id yet. */
  #begun = 0;
  /** Commands that wait for a transaction that may be one of these, in the order in which they came. */
  #waiting: { readonly id: number; readonly goOn: (own: OwnTransaction | undefined) => void }[] = [];
  #sweepAt = SWEEP_AT;
  #hasSwept = false;
  /** Outcomes of finished transactions. The transactions themselves are not kept. */
  readonly #ended = new EndedTransactions();

  constructor(host: SessionHost) {
    this.#host = host;
  }

  /** Reserves a place for a transaction that is about to begin. Returns false if there is none. */
  expect(): boolean {
    if (this.#isFull && !this.#hasSwept) this.#sweep();
    if (this.#isFull) {
      this.#sweepNoMoreInThisTurn();
      return false;
    }
    this.#begun++;
    return true;
  }

  get #isFull(): boolean {
    return this.count >= this.#host.limits.maxTransactions;
  }

  /** The number of known transactions: open, beginning, and some that have ended by themselves. */
  get count(): number {
    return this.#byId.size + this.#begun;
  }

  /** Adds a transaction that `expect` reserved a place for, or frees the place if `tx` is `undefined`. */
  arrive(tx: ServedTransaction | undefined, immediate?: ImmediateTransaction): void {
    this.#begun--;
    if (tx !== undefined) {
      const own = new OwnTransaction(tx, immediate, this.#host.limits.maxSavepoints);
      this.#byId.add(own.key, own);
      if (this.#byId.size >= this.#sweepAt) this.#sweep();
    }
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wait of waiting) {
      const own = this.#byId.get(wait.id, wait.id);
      if (own === undefined && this.#begun > 0) this.#waiting.push(wait);
      else wait.goOn(own);
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
    for (const own of [...this.#byId]) if (!own.isOpen) this.letGo(own);
    this.#sweepAt = Math.max(2 * this.#byId.size, SWEEP_AT);
  }

  /** Keeps only the outcome of a transaction. REQUIRES: it has ended. */
  letGo(own: OwnTransaction): void {
    if (!this.#byId.delete(own.key, own)) return;
    const { tx, failure } = own;
    if (tx.status === 'committed') {
      this.remember(tx.id, 'TRANSACTION_CLOSED');
      return;
    }
    this.remember(tx.id, failure ?? tx.failure?.code ?? 'TRANSACTION_ABORTED');
    if (!tx.readOnly) this.keepAge(tx.id, tx.age);
  }

  /** Keeps the outcome of a transaction, or why it could not begin. */
  remember(id: number, end: End): void {
    this.#ended.add(id, end);
  }

  /**
   * Returns the age of the work that a transaction of this connection was an attempt at, or `undefined` if
   * the connection has had no such transaction. A client must not get the age of a transaction of another
   * connection: it would be older than all the others, and win every deadlock.
   */
  ageOf(id: number): number | undefined {
    return this.#byId.get(id, id)?.tx.age ?? this.#ended.ageOf(id);
  }

  /** Keeps an age under an id for `ageOf`. */
  keepAge(id: number, age: number): void {
    this.#ended.keepAge(id, age);
  }

  /** Returns the outcome, or `undefined` for a transaction that was never here or has ended long since. */
  howEnded(id: number): End | undefined {
    return this.#ended.endOf(id);
  }

  get(id: number): OwnTransaction | undefined {
    return this.#byId.get(id, id);
  }

  /** True when a transaction that has no id yet may turn out to have this one. */
  mayCome(id: number): boolean {
    return this.#begun > 0 && this.#ended.endOf(id) === undefined;
  }

  /**
   * Takes a step as soon as the transaction has come, or cannot come any more. The step runs synchronously
   * then, so that no later command comes before it.
   */
  whenCome<R>(id: number, step: (own: OwnTransaction | undefined) => R | Promise<R>): Promise<R> {
    return new Promise((resolve) => this.#waiting.push({ id, goOn: (own) => resolve(step(own)) }));
  }

  /** Returns the open transactions in the order of their ids. */
  open(): OwnTransaction[] {
    return [...this.#byId].filter((own) => own.isOpen).sort((a, b) => a.key - b.key);
  }
}
