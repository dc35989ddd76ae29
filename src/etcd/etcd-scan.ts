import type { IKeyValue } from 'etcd3';
import { ScanOptions } from '../arguments/scan-options.ts';
import { covers, isEmptyRange, type KeyRange, keyAfter, toKeyRange } from '../contract/key-range.ts';
import type { RangeOptions } from '../contract/options.ts';
import { readOnly } from '../lifecycle/transaction-errors.ts';
import type { EtcdTransaction } from './etcd-transaction.ts';
import { type ScannedRange, toReadEntry } from './read-set.ts';

type Row = [key: string, value: unknown];

const FIRST_PAGE = 16;
const LARGEST_PAGE = 256;
const DONE: IteratorResult<Row, undefined> = { done: true, value: undefined };

/** The rows of a range as a transaction sees them: those of its revision, with its own writes among them. */
export class EtcdScan implements AsyncIterableIterator<Row, undefined> {
  readonly #tx: EtcdTransaction;
  readonly #options: ScanOptions;
  /** How many calls of the transaction came before this scan. */
  readonly begunAfter: number;
  /** The part of the range that is still ahead. */
  #rest: KeyRange | undefined;
  /** The part of the range behind the last yielded row. The call after a failed one starts there again. */
  #unyielded: KeyRange | undefined;
  /** What was scanned, from when the first row is asked for. */
  #scanned: ScannedRange | undefined;
  /** Rows that were read ahead. */
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
    const check = (): void => {
      this.#options.check();
      if (this.#options.forUpdate && this.#tx.readOnly) throw readOnly();
    };
    return this.#tx.performWith(this.#options.wait, check, async (lockTimeoutMs, cancelled) => {
      if (this.#cancelled !== undefined && !this.#isDone) throw this.#cancelled;
      const row = this.#isDone ? undefined : await this.#nextRow(lockTimeoutMs, cancelled);
      if (row !== undefined) return { done: false, value: row };
      this.#end();
      return DONE;
    });
  }

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
   * Restarts behind the last yielded row after a failed call: the transaction may have put deleted rows back.
   */
  #goBack(): void {
    if (this.#rest === this.#unyielded) return;
    this.#rest = this.#unyielded;
    this.#page = [];
    this.#isAllRead = false;
  }

  /** The next key in the cluster that has not been passed. */
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

  /** Rows that are read again under their locks move the transaction on, so that none can be read ahead. */
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
   * What the transaction sees under a key ahead; undefined for nothing, or for a row that is to be skipped.
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
    // A row that is gone is nothing that others should have to wait for.
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

  /** Leaves a key behind. */
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
   * Adds a range next to the scanned one. A scan that skips locked rows does not check what lies between.
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
