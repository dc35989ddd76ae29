import type { IKeyValue } from 'etcd3';
import { ScanOptions } from '../arguments/scan-options.ts';
import type { EntryIterator } from '../contract/entry-iterator.ts';
import { covers, isEmptyRange, type KeyRange, keyAfter, toKeyRange } from '../contract/key-range.ts';
import type { RangeOptions } from '../contract/options.ts';
import { readOnly } from '../lifecycle/transaction-errors.ts';
import type { EtcdTransaction } from './etcd-transaction.ts';
import { type ScannedRange, toReadEntry } from './read-set.ts';

type Row = [key: string, value: unknown];

const FIRST_PAGE = 16;
const LARGEST_PAGE = 256;
const DONE: IteratorResult<Row, undefined> = { done: true, value: undefined };

/**
 * Yields the rows of a range as the transaction sees them: the state at its revision, with its own writes
 * applied.
 */
export class EtcdScan implements EntryIterator<Row> {
  readonly #tx: EtcdTransaction;
  readonly #options: ScanOptions;
  /** The number of calls of the transaction before this scan. */
  readonly begunAfter: number;
  /** The part of the range that the scan has not passed. */
  #rest: KeyRange | undefined;
  /** The part of the range after the last yielded row. After a failed call, the scan continues from there. */
  #unyielded: KeyRange | undefined;
  /** The scanned part of the range. Undefined before the first row is requested. */
  #scanned: ScannedRange | undefined;
  /** The rows that were read ahead, in reverse order. */
  #page: IKeyValue[] = [];
  #pageSize = FIRST_PAGE;
  #isAllRead = false;
  #yielded = 0;
  #isDone = false;
  #cancelled: Error | undefined;

  constructor(tx: EtcdTransaction, options: RangeOptions | undefined, begunAfter: number) {
    this.#tx = tx;
    this.#options = ScanOptions.of(options);
    this.begunAfter = begunAfter;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#isDone) return Promise.resolve(DONE);
    return this.#tx.performWith(this.#options.wait, this.#check, async (lockTimeoutMs, cancelled) => {
      if (this.#cancelled !== undefined && !this.#isDone) throw this.#cancelled;
      const row = this.#isDone ? undefined : await this.#nextRow(lockTimeoutMs, cancelled);
      if (row !== undefined) return { done: false, value: row };
      this.#end();
      return DONE;
    });
  }

  toArray(): Promise<Row[]> {
    if (this.#isDone) return Promise.resolve([]);
    return this.#tx.performWith(this.#options.wait, this.#check, (lockTimeoutMs, cancelled) =>
      this.collect(lockTimeoutMs, cancelled),
    );
  }

  /** Reads all remaining rows, within an operation of the transaction. */
  async collect(lockTimeoutMs: number, cancelled: AbortSignal): Promise<Row[]> {
    if (this.#cancelled !== undefined && !this.#isDone) throw this.#cancelled;
    const [yielded, unyielded] = [this.#yielded, this.#unyielded];
    const rows: Row[] = [];
    this.#pageSize = LARGEST_PAGE;
    try {
      while (!this.#isDone) {
        const row = await this.#nextRow(lockTimeoutMs, cancelled);
        if (row === undefined) this.#end();
        else rows.push(row);
      }
    } catch (error) {
      // The next call begins where this one did.
      this.#yielded = yielded;
      this.#unyielded = unyielded;
      throw error;
    }
    return rows;
  }

  readonly #check = (): void => {
    this.#options.check();
    if (this.#options.forUpdate && this.#tx.readOnly) throw readOnly();
  };

  async return(): Promise<IteratorResult<Row, undefined>> {
    await this.#tx.inTurn(() => this.#end());
    return DONE;
  }

  async throw(error?: unknown): Promise<IteratorResult<Row, undefined>> {
    await this.#tx.inTurn(() => this.#end());
    throw error;
  }

  /** Refuses all further rows, because the transaction rolled back to an earlier savepoint. */
  cancel(error: Error): void {
    this.#cancelled = error;
    this.#page = [];
    this.#tx.forget(this);
  }

  #end(): void {
    this.#isDone = true;
    this.#page = [];
    this.#tx.forget(this);
  }

  async #nextRow(lockTimeoutMs: number, cancelled: AbortSignal): Promise<Row | undefined> {
    if (this.#yielded >= (this.#options.limit ?? Number.POSITIVE_INFINITY)) return undefined;
    this.#goBack();
    this.#rest ??= toKeyRange(this.#options);
    while (!isEmptyRange(this.#rest)) {
      const key = this.#nearer(await this.#nextStored(cancelled), this.#nextWritten());
      if (key === undefined) break;
      const value = await this.#visible(key, lockTimeoutMs, cancelled);
      this.#pass(key);
      if (value === undefined) continue;
      const row: Row = [key, this.#tx.host.codec.decode(value)];
      this.#yielded++;
      this.#unyielded = this.#rest;
      return row;
    }
    this.#passAll();
    return undefined;
  }

  /**
   * Returns to the last yielded row after a failed call, because the transaction may have put deleted rows
   * back.
   */
  #goBack(): void {
    if (this.#rest === this.#unyielded) return;
    this.#rest = this.#unyielded;
    this.#page = [];
    this.#isAllRead = false;
  }

  /** Returns the next key in the cluster that the scan has not passed. */
  async #nextStored(cancelled: AbortSignal): Promise<string | undefined> {
    const { keys } = this.#tx.host;
    if (this.#page.length === 0 && !this.#isAllRead && this.#rest !== undefined) {
      const { kvs, more } = await this.#tx.reads.readRange(
        {
          ...keys.entries(this.#rest),
          limit: this.#isOneByOne ? 1 : this.#pageSize,
          sort_target: 'Key',
          sort_order: this.#options.reverse ? 'Descend' : 'Ascend',
        },
        cancelled,
      );
      this.#page = kvs.toReversed();
      this.#isAllRead = !more;
      this.#pageSize = Math.min(this.#pageSize * 4, LARGEST_PAGE);
    }
    const found = this.#page.at(-1);
    return found === undefined ? undefined : keys.keyOf(found.key);
  }

  /**
   * Whether the scan reads one row at a time. A row that is read again under its lock advances the revision
   * of the transaction, so rows that were read ahead would be out of date.
   */
  get #isOneByOne(): boolean {
    return this.#options.forUpdate === true && this.#options.skipLocked !== true;
  }

  #nextWritten(): string | undefined {
    let nearest: string | undefined;
    for (const key of this.#tx.writes.keys())
      if (this.#rest !== undefined && covers(this.#rest, key)) nearest = this.#nearer(nearest, key);
    return nearest;
  }

  #nearer(a: string | undefined, b: string | undefined): string | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    return a < b === (this.#options.reverse === true) ? b : a;
  }

  /**
   * Returns the value that the transaction sees for a key. Returns undefined if there is none, or if the row
   * must be skipped.
   */
  async #visible(key: string, lockTimeoutMs: number, cancelled: AbortSignal): Promise<Buffer | undefined> {
    const { forUpdate, skipLocked } = this.#options;
    if (forUpdate && !(await this.#lock(key, lockTimeoutMs, skipLocked === true, cancelled)))
      return undefined;
    const write = this.#tx.writes.get(key);
    if (write !== undefined) return write.value;
    const read = forUpdate ? await this.#tx.reads.refresh(key, cancelled) : this.#readAhead(key);
    if (forUpdate && this.#isOneByOne) {
      this.#page = [];
      this.#isAllRead = false;
    }
    // The row was deleted, so release its lock: other transactions need not wait for it.
    if (skipLocked && read.value === undefined) await this.#tx.locks.release(key);
    return read.value;
  }

  async #lock(
    key: string,
    lockTimeoutMs: number,
    skipLocked: boolean,
    cancelled: AbortSignal,
  ): Promise<boolean> {
    if (skipLocked) return this.#tx.locks.tryAcquire(key);
    await this.#tx.locks.acquire(key, lockTimeoutMs, cancelled);
    return true;
  }

  #readAhead(key: string): ReturnType<typeof toReadEntry> {
    const read = this.#tx.reads.get(key) ?? toReadEntry(this.#page.at(-1));
    this.#tx.reads.add(key, read);
    return read;
  }

  /** Moves past a key. */
  #pass(key: string): void {
    const { reverse } = this.#options;
    const { keys } = this.#tx.host;
    const found = this.#page.at(-1);
    if (found !== undefined && keys.keyOf(found.key) === key) this.#page.pop();
    const rest = this.#rest ?? toKeyRange(this.#options);
    this.#rest = reverse ? { from: rest.from, to: key } : { from: keyAfter(key), to: rest.to };
    this.#note(reverse ? { from: key, to: rest.to } : { from: rest.from, to: keyAfter(key) });
  }

  #passAll(): void {
    if (this.#rest !== undefined) this.#note(this.#rest);
    this.#rest = { from: '', to: '' };
  }

  /**
   * Adds an adjacent range to the scanned part. A scan that skips locked rows does not record ranges, so gaps
   * are not checked.
   */
  #note(range: KeyRange): void {
    if (this.#options.skipLocked || isEmptyRange(range)) return;
    if (this.#scanned === undefined) {
      this.#scanned = { range };
      this.#tx.reads.addRange(this.#scanned);
    } else {
      const { from, to } = this.#scanned.range;
      this.#scanned.range = this.#options.reverse ? { from: range.from, to } : { from, to: range.to };
    }
  }
}
