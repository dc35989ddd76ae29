import { checkRangeOptions } from '../check-arguments.ts';
import type { MemStoreError } from '../errors.ts';
import { covers } from '../key-range.ts';
import type { RangeOptions, WaitOptions } from '../store.ts';
import { acquireKey, acquireRange, tryAcquireKey } from './acquire.ts';
import { mergeKeys } from './merge-keys.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import type { Row } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';

type RowResult = IteratorResult<Row, undefined>;

const END: RowResult = { done: true, value: undefined };

// How many keys are looked up at once.
const BATCH = 128;

/**
 * A scan of a read-write transaction over the committed entries and its own writes. Each call of `next` is
 * a step: it may return a promise and be called again, so it changes its position only when it has a row.
 */
export class LockingScan {
  readonly #tx: ReadWriteTransaction;
  readonly #options: RangeOptions;
  /** Made at the first row, so that options which are refused are refused there. */
  #begun: ScanPosition | undefined = undefined;
  /** The place of the scan among the operations of its transaction. */
  readonly operationNumber: number;
  #cancelled: MemStoreError | undefined = undefined;
  /** Keys that were looked up under a lock that keeps them as they are. */
  #keys: string[] = [];
  /** What the transaction has written in the rest of the range, in the order of the scan; undefined when not known. */
  #written: string[] | undefined = undefined;

  constructor(tx: ReadWriteTransaction, options: RangeOptions | undefined, operationNumber: number) {
    this.#tx = tx;
    // A copy, so that what the caller does to the options later changes nothing.
    this.#options = typeof options === 'object' ? { ...options } : (options ?? {});
    this.operationNumber = operationNumber;
  }

  /** The options of each wait; undefined for none, which spares each row a place in the queue. */
  get waitOptions(): WaitOptions | undefined {
    const { signal, lockTimeout } = this.#options;
    return signal === undefined && lockTimeout === undefined ? undefined : this.#options;
  }

  cancel(error: MemStoreError): void {
    this.#cancelled = error;
  }

  /** A write of the transaction ahead of the scan has to be read too. What it has passed it does not read again. */
  onWrite(key: string): void {
    if (this.#begun !== undefined && covers(this.#begun.rest, key)) this.onUndo();
  }

  /** Writes were taken back: what was looked up may have changed. */
  onUndo(): void {
    this.#written = undefined;
    this.#keys = [];
  }

  next(): RowResult | Promise<void> {
    if (this.#cancelled !== undefined) throw this.#cancelled;
    return this.#options.forUpdate ? this.#nextForUpdate() : this.#nextShared();
  }

  get #position(): ScanPosition {
    if (this.#begun === undefined) {
      checkRangeOptions(this.#options);
      this.#begun = new ScanPosition(this.#options);
    }
    return this.#begun;
  }

  #nextShared(): RowResult | Promise<void> {
    const position = this.#position;
    // Without a limit all of the range is going to be read, so all of it is locked before anything is.
    if (!position.isAtEnd && position.left === Number.POSITIVE_INFINITY) {
      const waiting = acquireRange(this.#tx, position.rest);
      if (waiting !== undefined) return waiting;
    }
    while (!position.isAtEnd) {
      if (this.#keys.length === 0) {
        const waiting = this.#lockNextKeys();
        if (waiting !== undefined) return waiting;
      }
      const key = this.#keys[0];
      if (key === undefined) return this.#end();
      const row = this.#row(key);
      this.#keys.shift();
      this.#pass(key);
      if (row !== undefined) return this.#yield(row);
    }
    return END;
  }

  /** Looks up the next keys and locks the part of the range that they are in, or all of it when no more follow. */
  #lockNextKeys(): Promise<void> | undefined {
    const position = this.#position;
    // With a limit the lock grows row by row, so that it covers what was read even if the caller leaves early.
    const count = position.left === Number.POSITIVE_INFINITY ? BATCH : 1;
    const keys = this.#peek(count);
    if (keys instanceof Promise) return keys;
    const last = keys.at(-1);
    const isRest = last === undefined || keys.length < count;
    const waiting = acquireRange(this.#tx, isRest ? position.rest : position.through(last));
    if (waiting !== undefined) return waiting;
    this.#keys = keys;
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
        const row = isLocked ? this.#row(key) : undefined;
        this.#pass(key);
        if (row !== undefined) return this.#yield(row);
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
    if (this.#written === undefined) {
      this.#written = this.#tx.writes.keysIn(rest);
      if (reverse) this.#written.reverse();
    }
    return mergeKeys(committed, this.#written, reverse, count);
  }

  #pass(key: string): void {
    this.#position.pass(key);
    if (this.#written?.[0] === key) this.#written.shift();
  }

  /** The row of a key, copied before the key is passed: a copy that fails loses no row. */
  #row(key: string): Row | undefined {
    const value = this.#tx.visible(key);
    return value === undefined ? undefined : [key, this.#tx.engine.settings.copier.load(value)];
  }

  #yield(row: Row): RowResult {
    this.#position.left--;
    return { done: false, value: row };
  }

  #end(): RowResult {
    this.#position.left = 0;
    return END;
  }
}
