import { ScanOptions } from '../../arguments/scan-options.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import { covers, isEmptyRange } from '../../contract/key-range.ts';
import type { RangeOptions, WaitOptions } from '../../contract/options.ts';
import type { TurnBudget } from '../../lifecycle/turn-budget.ts';
import { acquireKey, acquireRange, tryAcquireKey } from '../transaction/acquire.ts';
import type { ReadWriteTransaction } from '../transaction/read-write-transaction.ts';
import { mergeKeys } from './merge-keys.ts';
import { END, type Row, type RowResult, type RowSource } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';

// The number of keys that one look-up fetches. It starts small and grows, and restarts small after another
// commit.
const FIRST_BATCH = 8;
const LONGEST_BATCH = 128;

/**
 * A scan of a read-write transaction over the committed entries and its own writes. Each row is a step. A
 * step may return a promise and run again, so it moves the position only when it has a row.
 *
 * The scan looks up keys and values before it locks them. That is safe because it uses them only if nothing
 * was committed since, or if its lock covers the whole range.
 */
export class LockingScan implements RowSource {
  readonly #tx: ReadWriteTransaction;
  readonly #options: ScanOptions;
  readonly #isKeysOnly: boolean;
  /** The wait options of each row. Undefined if the caller gave none, so that rows skip the queue. */
  readonly waitOptions: WaitOptions | undefined;
  /** The position, created at the first row. */
  #begun: ScanPosition | undefined = undefined;
  /** The position of the scan in the order of its transaction's operations. */
  readonly operationNumber: number;
  isDone = false;
  #cancelled: MemStoreError | undefined = undefined;
  /** The keys that were looked up, and their stored values. The scan has passed the keys before `#at`. */
  #keys: readonly string[] = [];
  #values: readonly unknown[] = [];
  #at = 0;
  #batch = FIRST_BATCH;
  /** The number of the last commit when the keys were looked up. */
  #sequence = 0;
  /** The number of `advance` calls. */
  #calls = 0;
  /** The number of the last `advance` call whose step has run. */
  #call = 0;
  /** True if the whole rest of the range is locked. */
  #isLocked = false;
  /**
   * The keys that the transaction has written in the rest of the range, in scan order. Undefined if they were
   * not collected yet.
   */
  #written: string[] | undefined = undefined;

  /** @param isKeysOnly whether the rows have no values, so that none is copied */
  constructor(
    tx: ReadWriteTransaction,
    options: RangeOptions | undefined,
    operationNumber: number,
    isKeysOnly = false,
  ) {
    this.#tx = tx;
    this.#isKeysOnly = isKeysOnly;
    this.#options = ScanOptions.of(options);
    this.waitOptions = this.#options.wait;
    this.operationNumber = operationNumber;
  }

  /** @throws {MemStoreError} INVALID_OPTION; or the error that a getter of the options throws */
  checkOptions(): void {
    this.#options.check();
  }

  advance(): RowResult | Promise<RowResult> {
    return this.#tx.nextRow(this, ++this.#calls);
  }

  collect(): Row[] | Promise<Row[]> {
    return this.#tx.allRows(this, ++this.#calls);
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
   * Handles a write of the transaction. The scan will yield the key, unless the scan has already passed it.
   */
  onWrite(key: string): void {
    if (this.#begun !== undefined && covers(this.#begun.rest, key)) this.#forget();
  }

  /** Drops the keys and values that were looked up, because writes were undone. */
  onUndo(): void {
    this.#forget();
  }

  #forget(): void {
    this.#written = undefined;
    this.#keys = [];
    this.#at = 0;
  }

  /** Runs the step of one row. `call` is the number of the `advance` call that it serves. */
  step(call: number): RowResult | Promise<void> {
    if (this.isDone) return END;
    const position = this.#positionFor(call);
    const row = this.#nextRow(position);
    if (row instanceof Promise) return row;
    if (row === undefined) {
      this.#end();
      return END;
    }
    position.yield(row[0]);
    return { done: false, value: row };
  }

  /** Runs the step that adds all remaining rows to a list, for the call of `collect` with this number. */
  collectStep(call: number, rows: Row[], budget: TurnBudget): Row[] | Promise<void> {
    if (this.isDone) return rows;
    const position = this.#positionFor(call);
    for (;;) {
      const row = this.#nextRow(position);
      if (row instanceof Promise) return row;
      if (row === undefined) {
        this.#end();
        return rows;
      }
      position.collect(row[0]);
      rows.push(row);
      if (budget.isSpent()) return budget.yieldTurn();
    }
  }

  /** Returns the position at which a call continues. */
  #positionFor(call: number): ScanPosition {
    if (this.#cancelled !== undefined) throw this.#cancelled;
    this.#begun ??= new ScanPosition(this.#options);
    const position = this.#begun;
    if (call !== this.#call) {
      this.#call = call;
      // The previous call failed after it had passed deleted keys. The transaction may have put them back
      // since.
      if (position.rewind()) this.#forget();
    }
    return position;
  }

  /** Goes to the next row, and returns it. Returns undefined at the end. The caller passes the row. */
  #nextRow(position: ScanPosition): Row | undefined | Promise<void> {
    const { forUpdate } = this.#options;
    // A scan without a limit reads the whole range, so lock all of it before the first row.
    if (!forUpdate && !this.#isLocked && !position.isLimited) {
      const waiting = this.#lockRest(position);
      if (waiting !== undefined) return waiting;
    }
    while (position.left > 0) {
      const key = this.#nextKey(position);
      if (key instanceof Promise) return key;
      if (key === undefined) return this.#options.skipLocked ? undefined : this.#lockRest(position);
      const isLocked = forUpdate ? this.#lockForUpdate(key, position) : this.#lockThrough(key, position);
      if (isLocked instanceof Promise) return isLocked;
      // Taking the lock may have removed an expired entry. Then the keys must be looked up again.
      if (!this.#isCurrent()) continue;
      const row = isLocked ? this.#row(key) : undefined;
      this.#leave(key);
      if (row !== undefined) return row;
      position.pass(key);
    }
    return undefined;
  }

  #lockRest({ rest }: ScanPosition): Promise<void> | undefined {
    const waiting = this.#isLocked || isEmptyRange(rest) ? undefined : acquireRange(this.#tx, rest);
    this.#isLocked = waiting === undefined;
    return waiting;
  }

  /** Locks the range up to a key, so that a scan with a limit locks only what it has read. */
  #lockThrough(key: string, position: ScanPosition): Promise<void> | true {
    return this.#isLocked || (acquireRange(this.#tx, position.through(key)) ?? true);
  }

  /**
   * Locks the next row exclusively, and only then extends the shared range lock over it. So two scans for
   * update queue at the first row that both want, instead of deadlocking on two upgrades.
   */
  #lockForUpdate(key: string, position: ScanPosition): Promise<void> | boolean {
    if (this.#options.skipLocked) return tryAcquireKey(this.#tx, key);
    return acquireKey(this.#tx, key, 'exclusive') ?? this.#lockThrough(key, position);
  }

  /** Returns the next key, whether or not it has a value. Returns undefined at the end of the range. */
  #nextKey(position: ScanPosition): string | undefined | Promise<void> {
    if (this.#at >= this.#keys.length || !this.#isCurrent()) {
      const waiting = this.#lookAhead(position);
      if (waiting !== undefined) return waiting;
    }
    return this.#keys[this.#at];
  }

  #isCurrent(): boolean {
    return this.#isLocked || this.#sequence === this.#tx.engine.sequence;
  }

  /** Looks up the next keys: committed ones, and those that this transaction has written. */
  #lookAhead({ rest, reverse, left }: ScanPosition): Promise<void> | undefined {
    const { engine, writes } = this.#tx;
    if (isEmptyRange(rest)) {
      this.#forget();
      return undefined;
    }
    // A large commit holds its locks until it is applied, so a locked range contains none of its keys.
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

  /** Returns the stored value of a key. Does not count as a read, because the row may never be yielded. */
  #peek(key: string): unknown {
    const { engine, writes } = this.#tx;
    const write = writes.size === 0 ? undefined : writes.get(key);
    return write === undefined ? engine.shards.get(key) : write.value;
  }

  #leave(key: string): void {
    this.#at++;
    if (this.#written?.[0] === key) this.#written.shift();
  }

  /**
   * Returns the row of the next key. The caller passes the key afterwards, so that a failed copy loses no
   * row.
   */
  #row(key: string): Row | undefined {
    const { engine } = this.#tx;
    const value = this.#values[this.#at];
    if (value === undefined) return undefined;
    if (this.#isKeysOnly) return [key, undefined];
    engine.cache.onRead(key);
    return [key, engine.settings.copier.load(value)];
  }
}
