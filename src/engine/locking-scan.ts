import type { MemStoreError } from '../errors.ts';
import type { RangeOptions } from '../store.ts';
import { acquireKey, acquireRange, tryAcquireKey } from './acquire.ts';
import { mergeKeys } from './merge-keys.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import type { Row } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';

type RowResult = IteratorResult<Row, undefined>;

const END: RowResult = { done: true, value: undefined };

// How many keys are looked up at once. Few enough that what a scan with a limit locks is what it reads.
const BATCH = 128;

/**
 * A scan of a read-write transaction over the committed entries and its own writes. Each call of `next` is
 * a step: it may return a promise and be called again, so it changes its position only when it has a row.
 */
export class LockingScan {
  readonly #tx: ReadWriteTransaction;
  readonly #options: RangeOptions;
  readonly #position: ScanPosition;
  /** The place of the scan among the operations of its transaction. */
  readonly operationNumber: number;
  #cancelled: MemStoreError | undefined = undefined;
  /** Keys that were looked up under a lock that keeps them as they are. */
  #keys: string[] = [];
  /** The writes of the transaction that `#keys` takes into account. */
  #writesSeen = 0;

  constructor(tx: ReadWriteTransaction, options: RangeOptions, operationNumber: number) {
    this.#tx = tx;
    this.#options = options;
    this.#position = new ScanPosition(options);
    this.operationNumber = operationNumber;
  }

  cancel(error: MemStoreError): void {
    this.#cancelled = error;
  }

  next(): RowResult | Promise<void> {
    if (this.#cancelled !== undefined) throw this.#cancelled;
    return this.#options.forUpdate ? this.#nextForUpdate() : this.#nextShared();
  }

  #nextShared(): RowResult | Promise<void> {
    const position = this.#position;
    // Without a limit all of the range is going to be read, so all of it is locked before anything is.
    if (!position.isAtEnd && position.left === Number.POSITIVE_INFINITY) {
      const waiting = acquireRange(this.#tx, position.rest);
      if (waiting !== undefined) return waiting;
    }
    while (!position.isAtEnd) {
      if (this.#keys.length === 0 || this.#writesSeen !== this.#tx.writes.version) {
        const waiting = this.#lockNextKeys();
        if (waiting !== undefined) return waiting;
      }
      const key = this.#keys.shift();
      if (key === undefined) return this.#end();
      position.pass(key);
      const row = this.#row(key);
      if (row !== undefined) return row;
    }
    return END;
  }

  /** Looks up the next keys and locks the part of the range that they are in, or all of it when no more follow. */
  #lockNextKeys(): Promise<void> | undefined {
    const position = this.#position;
    const count = Math.min(position.left, BATCH);
    const keys = this.#peek(count);
    if (keys instanceof Promise) return keys;
    const last = keys.at(-1);
    const isRest = last === undefined || keys.length < count;
    const waiting = acquireRange(this.#tx, isRest ? position.rest : position.through(last));
    if (waiting !== undefined) return waiting;
    this.#keys = keys;
    this.#writesSeen = this.#tx.writes.version;
    return undefined;
  }

  /**
   * Locks the next row exclusively before the shared lock on the range grows over it. So two scans for update
   * meet at the first row that both want, and not in a deadlock of two upgrades.
   */
  #nextForUpdate(): RowResult | Promise<void> {
    const position = this.#position;
    const { skipLocked } = this.#options;
    for (let count = 1; !position.isAtEnd; count = Math.min(2 * count, BATCH)) {
      const keys = this.#peek(count);
      if (keys instanceof Promise) return keys;
      if (keys.length === 0)
        return (skipLocked ? undefined : acquireRange(this.#tx, position.rest)) ?? this.#end();
      for (const key of keys) {
        if (!skipLocked) {
          const waiting =
            acquireKey(this.#tx, key, 'exclusive') ?? acquireRange(this.#tx, position.through(key));
          if (waiting !== undefined) return waiting;
        }
        const isLocked = !skipLocked || tryAcquireKey(this.#tx, key);
        position.pass(key);
        const row = isLocked ? this.#row(key) : undefined;
        if (row !== undefined) return row;
      }
    }
    return END;
  }

  /** The next keys, committed or written by this transaction, whether they turn out to have a value or not. */
  #peek(count: number): string[] | Promise<void> {
    const { rest, reverse } = this.#position;
    const ordered = this.#tx.engine.ordered();
    if (ordered instanceof Promise) return ordered.then(() => {});
    const committed = ordered.keysIn(rest, reverse, count);
    if (this.#tx.writes.size === 0) return committed;
    const written = this.#tx.writes.keysIn(rest);
    return mergeKeys(committed, reverse ? written.reverse() : written, reverse, count);
  }

  #row(key: string): RowResult | undefined {
    const value = this.#tx.visible(key);
    if (value === undefined) return undefined;
    this.#position.left--;
    return { done: false, value: [key, this.#tx.engine.settings.copier.load(value)] };
  }

  #end(): RowResult {
    this.#position.left = 0;
    return END;
  }
}
