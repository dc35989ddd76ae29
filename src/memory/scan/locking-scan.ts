import { ScanOptions } from '../../arguments/scan-options.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import { covers, isEmptyRange } from '../../contract/key-range.ts';
import type { RangeOptions, WaitOptions } from '../../contract/options.ts';
import { acquireKey, acquireRange, tryAcquireKey } from '../transaction/acquire.ts';
import type { ReadWriteTransaction } from '../transaction/read-write-transaction.ts';
import { mergeKeys } from './merge-keys.ts';
import { END, type Row, type RowResult, type RowSource } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';

// How many keys are looked up at once: few at first, and again few when others commit between the rows.
const FIRST_BATCH = 8;
const LONGEST_BATCH = 128;

/**
 * A scan of a read-write transaction over the committed entries and its own writes. Each row is a step: it
 * may return a promise and be run again, so it changes its position only when it has a row.
 *
 * Keys are looked up ahead of the locks. That is safe because they are used only as long as nothing was
 * committed since, or while a lock on all of the range keeps them as they are. The same goes for their
 * values.
 */
export class LockingScan implements RowSource {
  readonly #tx: ReadWriteTransaction;
  readonly #options: ScanOptions;
  /** The options of each wait; undefined for none, which saves each row a place in the queue. */
  readonly waitOptions: WaitOptions | undefined;
  /** Made at the first row. */
  #begun: ScanPosition | undefined = undefined;
  /** The place of the scan among the operations of its transaction. */
  readonly operationNumber: number;
  isDone = false;
  #cancelled: MemStoreError | undefined = undefined;
  /**
   * Keys that were looked up, from `#at` on those that have not been passed, and their values as they are
   * stored.
   */
  #keys: readonly string[] = [];
  #values: readonly unknown[] = [];
  #at = 0;
  #batch = FIRST_BATCH;
  /** The last commit that was looked up. */
  #sequence = 0;
  /** How often `advance` was called. */
  #calls = 0;
  /** The call whose row was looked for last. */
  #call = 0;
  /** True when all that is left of the range is locked. */
  #isLocked = false;
  /**
   * What the transaction has written in the rest of the range, in the order of the scan; undefined when not
   * known.
   */
  #written: string[] | undefined = undefined;

  constructor(tx: ReadWriteTransaction, options: RangeOptions | undefined, operationNumber: number) {
    this.#tx = tx;
    this.#options = ScanOptions.of(options);
    this.waitOptions = this.#options.wait;
    this.operationNumber = operationNumber;
  }

  /** @throws {MemStoreError} INVALID_OPTION; or the error of an accessor of the options */
  checkOptions(): void {
    this.#options.check();
  }

  advance(): RowResult | Promise<RowResult> {
    return this.#tx.nextRow(this, ++this.#calls);
  }

  finish(): Promise<void> | undefined {
    return this.#tx.inTurn(this.#end);
  }

  readonly #end = (): void => {
    this.isDone = true;
    this.#tx.forgetScan(this);
  };

  cancel(error: MemStoreError): void {
    this.#cancelled = error;
  }

  /**
   * Notes a write of the transaction. The scan reads it if it is ahead, and not if the scan has passed it.
   */
  onWrite(key: string): void {
    if (this.#begun !== undefined && covers(this.#begun.rest, key)) this.#forget();
  }

  /** Forgets the keys and values that were looked up, because writes were undone. */
  onUndo(): void {
    this.#forget();
  }

  #forget(): void {
    this.#written = undefined;
    this.#keys = [];
    this.#at = 0;
  }

  /** Runs the step of one row, for the call of `advance` with this number. */
  step(call: number): RowResult | Promise<void> {
    if (this.isDone) return END;
    if (this.#cancelled !== undefined) throw this.#cancelled;
    const position = this.#position;
    if (call !== this.#call) {
      this.#call = call;
      // The previous call failed behind rows that were deleted then. The transaction may have put them back
      // since.
      if (position.rewind()) this.#forget();
    }
    const { forUpdate } = this.#options;
    // Without a limit the whole range will be read, so it is locked before the first row is read.
    if (!forUpdate && !this.#isLocked && !position.isLimited) {
      const waiting = this.#lockRest();
      if (waiting !== undefined) return waiting;
    }
    while (position.left > 0) {
      const key = this.#nextKey();
      if (key instanceof Promise) return key;
      if (key === undefined)
        return (this.#options.skipLocked ? undefined : this.#lockRest()) ?? this.#finish();
      const isLocked = forUpdate ? this.#lockForUpdate(key) : this.#lockThrough(key);
      if (isLocked instanceof Promise) return isLocked;
      // The lock may have removed an expired entry. Then the keys that were looked up are out of date.
      if (!this.#isCurrent()) continue;
      const row = isLocked ? this.#row(key) : undefined;
      this.#leave(key);
      if (row === undefined) {
        position.pass(key);
        continue;
      }
      position.yield(key);
      return { done: false, value: row };
    }
    return this.#finish();
  }

  get #position(): ScanPosition {
    this.#begun ??= new ScanPosition(this.#options);
    return this.#begun;
  }

  #lockRest(): Promise<void> | undefined {
    const { rest } = this.#position;
    const waiting = this.#isLocked || isEmptyRange(rest) ? undefined : acquireRange(this.#tx, rest);
    this.#isLocked = waiting === undefined;
    return waiting;
  }

  /**
   * Locks the range up to a key. So the lock of a scan with a limit covers only the rows that were read.
   */
  #lockThrough(key: string): Promise<void> | true {
    return this.#isLocked || (acquireRange(this.#tx, this.#position.through(key)) ?? true);
  }

  /**
   * Locks the next row exclusively before the shared lock on the range grows over it. So two scans for update
   * meet at the first row that both want, and not in a deadlock of two upgrades.
   */
  #lockForUpdate(key: string): Promise<void> | boolean {
    if (this.#options.skipLocked) return tryAcquireKey(this.#tx, key);
    return acquireKey(this.#tx, key, 'exclusive') ?? this.#lockThrough(key);
  }

  /** Returns the next key, with or without a value; undefined if there is none. */
  #nextKey(): string | undefined | Promise<void> {
    if (this.#at >= this.#keys.length || !this.#isCurrent()) {
      const waiting = this.#lookAhead();
      if (waiting !== undefined) return waiting;
    }
    return this.#keys[this.#at];
  }

  #isCurrent(): boolean {
    return this.#isLocked || this.#sequence === this.#tx.engine.sequence;
  }

  /** Looks up the next keys, committed or written by this transaction. */
  #lookAhead(): Promise<void> | undefined {
    const { engine, writes } = this.#tx;
    const { rest, reverse, left } = this.#position;
    if (isEmptyRange(rest)) {
      this.#forget();
      return undefined;
    }
    // A large commit keeps its locks, so a locked range contains none of its keys.
    const ordered = this.#isLocked ? engine.orderedKeys() : engine.orderedKeysAt(engine.sequence);
    if (ordered instanceof Promise) return ordered.then(() => {});
    this.#batch = this.#isCurrent() ? Math.min(2 * this.#batch, LONGEST_BATCH) : FIRST_BATCH;
    const count = Math.min(this.#batch, left);
    this.#sequence = engine.sequence;
    this.#at = 0;
    const committed = ordered.keysIn(rest, reverse, count);
    if (writes.size > 0 && this.#written === undefined) {
      this.#written = writes.keysIn(rest);
      if (reverse) this.#written.reverse();
    }
    this.#keys =
      this.#written === undefined ? committed : mergeKeys(committed, this.#written, reverse, count);
    this.#values = this.#keys.map((key) => this.#peek(key));
    return undefined;
  }

  /** Returns the value of a key as it is stored. Does not count as a read: its row may never be yielded. */
  #peek(key: string): unknown {
    const { engine, writes } = this.#tx;
    const write = writes.size === 0 ? undefined : writes.get(key);
    return write === undefined ? engine.shards.get(key) : write.value;
  }

  #leave(key: string): void {
    this.#at++;
    if (this.#written?.[0] === key) this.#written.shift();
  }

  /** Returns the row of the next key. The key is passed later, so that a failed copy loses no row. */
  #row(key: string): Row | undefined {
    const { engine } = this.#tx;
    const value = this.#values[this.#at];
    if (value === undefined) return undefined;
    engine.cache.onRead(key);
    return [key, engine.settings.copier.load(value)];
  }

  #finish(): RowResult {
    this.#end();
    return END;
  }
}
