import type { ScanOptions } from '../arguments/scan-options.ts';
import type { EntryIterator } from '../contract/entry-iterator.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RangeOptions, WaitOptions } from '../contract/options.ts';
import { refuseIfAborted } from '../lifecycle/cancellation.ts';
import { Lane } from '../lifecycle/lane.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import { NO_CURSOR } from '../protocol/reserved-numbers.ts';
import type { Link } from './link.ts';

/**
 * A row from the server: the key, the value and, in replies to `SHOWALL`, the id of the transaction that
 * holds the key.
 */
type RawRow = readonly RawReply[];

/** Sends the requests of a scan. */
export interface ScanSource {
  readonly link: Link;
  /** The number of writes of the transaction. Rows that were read ahead do not show later writes. */
  readonly writes: number;
  /**
   * The number of `rollbackTo` calls of the transaction. Each may have cancelled the cursor of the scan on
   * the server.
   */
  readonly rollbacks: number;
  /** Sends a command, inside the transaction if the scan has one. */
  send(words: readonly Word[]): Promise<RawReply>;
}

/** The requests of a scan, how to read its rows, and its page sizes. */
export interface ScanPlan<Row> {
  readonly range: ScanOptions;
  /** Returns the request for the first page of a range. */
  readonly words: (range: RangeOptions) => readonly Word[];
  readonly read: (row: RawRow, link: Link) => Row;
  /** The maximum number of rows of the first page. @default 256 */
  readonly firstCredit?: number;
  /** The maximum number of rows of any page. @default 1_024 */
  readonly maxCredit?: number;
}

/** The transaction or the store that a scan belongs to. */
export interface ScanHost {
  /** Checks the options and returns the source of the rows. Called once, before the first page is read. */
  open(): Promise<ScanSource> | ScanSource;
  /** The transaction of the scan. A scan without a transaction ends with the first `next()` that fails. */
  readonly transaction?: ScanTransaction;
}

/** The part of a transaction that its scans use. */
export interface ScanTransaction {
  /** @throws {MemStoreError} the reason why the transaction accepts no requests, if it has ended */
  checkOpen(): void;
  /** True if every earlier call has been sent. */
  readonly isFree: boolean;
  /** Makes a call once every earlier call has been sent. */
  run<T>(call: () => T | Promise<T>, wait: WaitOptions | undefined): Promise<T>;
  /** Called with each `next()` that waits for a reply. */
  track(next: Promise<unknown>): void;
  /** Called when a scan has ended. */
  forget(scan: CancellableScan): void;
}

/** The part of a scan that its transaction uses. */
export interface CancellableScan {
  /**
   * Makes each later `next()` throw this error. Called when the transaction rolls back to a savepoint older
   * than the scan.
   */
  cancel(error: unknown): void;
}

const FIRST_CREDIT = 256;
const MAX_CREDIT = 1_024;
const CREDIT_GROWTH = 4;
/** The page size for reading all rows. It is the maximum number of rows that a server sends in one page. */
const ALL_CREDIT = 4_096;

/**
 * Iterates over the rows of a range, which the server sends in pages. The first pages are small, because rows
 * that a transaction reads ahead are also locked ahead. Each page is larger than the one before, up to a
 * maximum.
 */
export class RemoteScan<Row> implements EntryIterator<Row>, CancellableScan {
  readonly #host: ScanHost;
  readonly #plan: ScanPlan<Row>;
  #source: ScanSource | undefined;
  /**
   * The cursor on the server. Undefined before the first page, and when the scan must restart after the last
   * yielded row.
   */
  #cursor: number | undefined;
  #rows: RawRow[] = [];
  #nextRow = 0;
  #credit: number;
  #yielded = 0;
  #lastKey: string | undefined;
  #writesSeen = 0;
  #rollbacksSeen = 0;
  #isDone = false;
  #cancelled: { readonly error: unknown } | undefined;
  /** Occupied while a `next()` waits for a page. */
  readonly #calls = new Lane();

  constructor(host: ScanHost, plan: ScanPlan<Row>) {
    this.#host = host;
    this.#plan = plan;
    this.#credit = plan.firstCredit ?? FIRST_CREDIT;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#isDone) return Promise.resolve(END);
    try {
      this.#host.transaction?.checkOpen();
      if (!this.#isAtOnce) return this.#later(() => this.#advance());
      const result = this.#advance();
      if (!(result instanceof Promise)) return Promise.resolve(result);
      this.#host.transaction?.track(result);
      return this.#calls.occupy(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  toArray(): Promise<Row[]> {
    if (this.#isDone) return Promise.resolve([]);
    try {
      this.#host.transaction?.checkOpen();
      // Queue the call, so that later calls of the transaction are sent after the last page of this scan.
      return this.#later(() => this.#collect());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Reads all remaining rows. If that fails in a transaction, the scan stays where it was. */
  async #collect(): Promise<Row[]> {
    if (this.#isDone) return [];
    const rows: Row[] = [];
    try {
      if (this.#cancelled !== undefined) throw this.#cancelled.error;
      refuseIfAborted(this.#plan.range);
      const opened = this.#source ?? this.#host.open();
      const source = opened instanceof Promise ? await opened : opened;
      this.#source = source;
      this.#dropStaleRows(source);
      for (;;) {
        for (let at = this.#nextRow; at < this.#rows.length; at++)
          rows.push(this.#plan.read(this.#rows[at] as RawRow, source.link));
        if (this.#cursor === NO_CURSOR) break;
        this.#credit = ALL_CREDIT;
        await this.#readPage(source);
      }
    } catch (error) {
      this.#beginAgain();
      throw this.#failed(error);
    }
    this.#end();
    return rows;
  }

  async return(): Promise<IteratorResult<Row, undefined>> {
    await this.#finish();
    return END;
  }

  async throw(error?: unknown): Promise<IteratorResult<Row, undefined>> {
    await this.#finish();
    throw error;
  }

  cancel(error: unknown): void {
    if (this.#isDone || this.#cancelled !== undefined) return;
    this.#cancelled = { error };
    this.#closeCursor();
    this.#host.transaction?.forget(this);
  }

  /** Ends the scan once all earlier calls have been sent. */
  #finish(): Promise<void> | undefined {
    const end = (): void => {
      if (!this.#isDone) this.#closeCursor();
      this.#end();
    };
    if (this.#isAtOnce || this.#isDone) return void end();
    return this.#later(end).catch(end);
  }

  /** Returns whether a call can run now, because no earlier call waits to be sent. */
  get #isAtOnce(): boolean {
    return this.#calls.isFree && this.#host.transaction?.isFree !== false;
  }

  /** Runs a step after every earlier call of this scan and of its transaction. */
  #later<T>(step: () => T | Promise<T>): Promise<T> {
    const inTurn = (): T | Promise<T> => this.#calls.run(step);
    const { transaction } = this.#host;
    return transaction === undefined
      ? Promise.resolve(inTurn())
      : transaction.run(inTurn, this.#plan.range.wait);
  }

  /** Returns the next row: directly if it was read ahead, as a promise otherwise. */
  #advance(): IteratorResult<Row, undefined> | Promise<IteratorResult<Row, undefined>> {
    if (this.#isDone) return END;
    if (this.#cancelled !== undefined) throw this.#cancelled.error;
    if (this.#source === undefined) return this.#fetch();
    this.#dropStaleRows(this.#source);
    if (this.#nextRow === this.#rows.length && this.#cursor !== NO_CURSOR) return this.#fetch();
    try {
      refuseIfAborted(this.#plan.range);
      return this.#take(this.#source);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async #fetch(): Promise<IteratorResult<Row, undefined>> {
    try {
      refuseIfAborted(this.#plan.range);
      const opened = this.#source ?? this.#host.open();
      const source = opened instanceof Promise ? await opened : opened;
      this.#source = source;
      while (this.#nextRow === this.#rows.length && this.#cursor !== NO_CURSOR) await this.#readPage(source);
      return this.#take(source);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #take(source: ScanSource): IteratorResult<Row, undefined> {
    const row = this.#rows[this.#nextRow];
    if (row === undefined) {
      this.#end();
      return END;
    }
    // Decode before advancing, so that a decoding error does not skip the row.
    const value = this.#plan.read(row, source.link);
    this.#nextRow++;
    this.#yielded++;
    this.#lastKey = String(row[0]);
    return { done: false, value };
  }

  /**
   * Returns the error. If the scan has no transaction, also ends it, because a `for await` loop does not call
   * `return()` after an error.
   */
  #failed(error: unknown): unknown {
    if (this.#host.transaction !== undefined) return error;
    this.#closeCursor();
    this.#end();
    return error;
  }

  #end(): void {
    this.#isDone = true;
    this.#host.transaction?.forget(this);
  }

  /**
   * Drops the rows that were read ahead if the transaction has since written or rolled back to a savepoint.
   */
  #dropStaleRows({ writes, rollbacks }: ScanSource): void {
    const isUndone = rollbacks !== this.#rollbacksSeen;
    if (writes === this.#writesSeen && !isUndone) return;
    this.#writesSeen = writes;
    this.#rollbacksSeen = rollbacks;
    const isReadAhead = this.#nextRow < this.#rows.length || this.#cursor === NO_CURSOR;
    if (isReadAhead || isUndone) this.#beginAgain();
  }

  /** Makes the next page start after the last yielded row. */
  #beginAgain(): void {
    this.#closeCursor();
    this.#cursor = undefined;
    this.#rows = [];
    this.#nextRow = 0;
  }

  async #readPage(source: ScanSource): Promise<void> {
    const { writes, rollbacks } = source;
    const words =
      this.#cursor === undefined
        ? [...this.#plan.words(this.#rest()), 'CREDIT', this.#credit]
        : ['NEXT', this.#cursor, this.#credit];
    this.#credit = Math.min(this.#credit * CREDIT_GROWTH, this.#plan.maxCredit ?? MAX_CREDIT);
    let page: RawReply;
    try {
      page = await source.send(words);
    } catch (error) {
      // The server closes the cursor when a page fails.
      this.#cursor = undefined;
      this.#rows = [];
      this.#nextRow = 0;
      throw error;
    }
    if (!Array.isArray(page) || typeof page[0] !== 'number' || !Array.isArray(page[1]))
      throw new MemStoreError(
        'PROTOCOL',
        'The server sent an invalid page: it must be a cursor and a list of rows.',
      );
    this.#cursor = page[0];
    this.#rows = page[1] as RawRow[];
    this.#nextRow = 0;
    // Writes sent while the page was pending are not in it, so use the counts from before the request.
    this.#writesSeen = writes;
    this.#rollbacksSeen = rollbacks;
  }

  /** Returns the part of the range after the last yielded row. */
  #rest(): RangeOptions {
    const { range } = this.#plan;
    if (this.#lastKey === undefined) return range;
    const limit = range.limit === undefined ? {} : { limit: Math.max(0, range.limit - this.#yielded) };
    return range.reverse
      ? { ...range, ...limit, lt: this.#lastKey, lte: undefined }
      : { ...range, ...limit, gt: this.#lastKey, gte: undefined };
  }

  #closeCursor(): void {
    if (this.#cursor !== undefined && this.#cursor !== NO_CURSOR)
      this.#source?.send(['CLOSECURSOR', this.#cursor]).catch(() => {});
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
