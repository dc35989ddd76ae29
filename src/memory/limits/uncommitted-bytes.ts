import { MemStoreError } from '../../contract/errors.ts';
import type { TransactionStatus } from '../../contract/transaction.ts';

/** An open transaction and the bytes that it holds. */
export interface ByteHolder {
  readonly id: number;
  readonly age: number;
  readonly status: TransactionStatus;
  /** The bytes of the writes, and of the state that is kept for savepoints. */
  readonly heldBytes: number;
  abort(error: MemStoreError): void;
}

/**
 * The part of the limit that only small transactions may use, so that a few large ones do not block all
 * others.
 */
const RESERVE = 1 / 8;
/** A transaction is small while it holds at most this part of the limit. */
const SMALL = 1 / 1024;

/** Counts the bytes that open transactions hold. Enforces `maxTransactionBytes` and `maxUncommittedBytes`. */
export class UncommittedBytes {
  readonly #maxOfOne: number;
  readonly #maxOfAll: number;
  readonly #estimateSize: (value: unknown, key: string) => number;
  readonly #holders = new Set<ByteHolder>();
  #total = 0;

  constructor(maxOfOne: number, maxOfAll: number, estimateSize: (value: unknown, key: string) => number) {
    this.#maxOfOne = maxOfOne;
    this.#maxOfAll = maxOfAll;
    this.#estimateSize = estimateSize;
  }

  get total(): number {
    return this.#total;
  }

  /** Estimates the bytes of a key and a value. */
  estimate(key: string, value: unknown): number {
    return this.#estimateSize(value, key);
  }

  /**
   * Counts bytes for a holder. A negative number gives bytes back. At `maxUncommittedBytes`, rolls back newer
   * large transactions, starting with the newest.
   * @throws {MemStoreError} LIMIT_EXCEEDED
   */
  take(holder: ByteHolder, bytes: number): void {
    if (bytes > 0) this.#makeRoom(holder, bytes);
    this.#total += bytes;
    this.#holders.add(holder);
  }

  /** Gives back all bytes of a transaction that ends. */
  release(holder: ByteHolder): void {
    if (this.#holders.delete(holder)) this.#total -= holder.heldBytes;
  }

  #makeRoom(holder: ByteHolder, more: number): void {
    const held = holder.heldBytes + more;
    if (held > this.#maxOfOne) {
      const message =
        `A transaction may hold at most ${this.#maxOfOne} bytes of writes (maxTransactionBytes), and this ` +
        `write would bring it to ${held}. Write less in one transaction, or raise the limit.`;
      throw new MemStoreError('LIMIT_EXCEEDED', message);
    }
    const most = held <= SMALL * this.#maxOfAll ? this.#maxOfAll : (1 - RESERVE) * this.#maxOfAll;
    while (this.#total + more > most) {
      const newest = this.#newestLarge(holder.age);
      if (newest === undefined) throw this.#full('the write is refused');
      newest.abort(this.#full(`transaction ${newest.id}, the newest large one, was rolled back`));
    }
  }

  /** Returns the newest large transaction that is newer than `age` and can be rolled back. */
  #newestLarge(age: number): ByteHolder | undefined {
    let newest: ByteHolder | undefined;
    for (const holder of this.#holders) {
      const isCandidate = holder.age > (newest?.age ?? age) && holder.status === 'active';
      if (isCandidate && holder.heldBytes > SMALL * this.#maxOfAll) newest = holder;
    }
    return newest;
  }

  #full(consequence: string): MemStoreError {
    const message =
      `Open transactions hold ${this.#total} of ${this.#maxOfAll} bytes (maxUncommittedBytes), so ` +
      `${consequence}. ` +
      'Try again when other transactions have ended, write less in one transaction, or raise the limit.';
    return new MemStoreError('LIMIT_EXCEEDED', message);
  }
}
