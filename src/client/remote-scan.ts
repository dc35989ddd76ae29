import { MemStoreError } from '../errors.ts';
import type { ScanOptions } from '../scan-options.ts';
import type { RangeOptions } from '../store.ts';
import type { RawReply } from '../wire/reply-parser.ts';
import type { Word } from '../wire/request-writer.ts';
import type { Link } from './link.ts';

/** A row as it came: its key, its value, and in a list of everything its holder. */
type RawRow = readonly RawReply[];

/** Where a scan asks for its rows. */
export interface ScanSource {
  readonly link: Link;
  /** Counts what its owner has written, which rows that were read ahead do not know of. */
  readonly writes: number;
  /** Sends a command, in the transaction if there is one. */
  send(words: readonly Word[]): Promise<RawReply>;
}

/** How a scan begins, and how it goes on behind a key. */
export interface ScanPlan {
  readonly range: ScanOptions;
  readonly words: (range: RangeOptions) => readonly Word[];
  /** How many rows the first page may have. */
  readonly firstCredit: number;
  /** No page has more rows than this. */
  readonly maxCredit: number;
}

const NO_CURSOR = 0;
const CREDIT_GROWTH = 4;

/**
 * The rows of a range that a server sends page by page. The first pages are small, because in a transaction what
 * is read ahead is locked ahead; those who read on get large ones.
 */
export class RemoteScan<Row> implements AsyncIterableIterator<Row, undefined> {
  readonly #open: () => Promise<ScanSource> | ScanSource;
  readonly #plan: ScanPlan;
  readonly #toRow: (source: ScanSource, row: RawRow) => Row;
  /** Told of every row that is asked for. */
  readonly #onNext: (next: Promise<unknown>) => void;
  #source: ScanSource | undefined;
  #cursor: number | undefined;
  #rows: RawRow[] = [];
  #nextRow = 0;
  #credit: number;
  #yielded = 0;
  #lastKey: string | undefined;
  #writesSeen = 0;
  #isDone = false;
  /** The call before, so that calls without an await in between get their rows in order. */
  #previous: Promise<void> | undefined;

  constructor(
    open: () => Promise<ScanSource> | ScanSource,
    plan: ScanPlan,
    toRow: (source: ScanSource, row: RawRow) => Row,
    onNext: (next: Promise<unknown>) => void = () => {},
  ) {
    this.#onNext = onNext;
    this.#open = open;
    this.#plan = plan;
    this.#toRow = toRow;
    this.#credit = plan.firstCredit;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Row, undefined>> {
    // The first of them sends its request before this returns, so that requests leave in the order of the calls.
    const result = this.#previous === undefined ? this.#next() : this.#previous.then(() => this.#next());
    this.#onNext(result);
    const settled = result.then(
      () => {},
      () => {},
    );
    this.#previous = settled;
    settled.then(() => {
      if (this.#previous === settled) this.#previous = undefined;
    });
    return result;
  }

  async return(): Promise<IteratorResult<Row, undefined>> {
    if (!this.#isDone) this.#closeCursor();
    this.#isDone = true;
    return { done: true, value: undefined };
  }

  async #next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#isDone) return { done: true, value: undefined };
    try {
      const opened = this.#source ?? this.#open();
      const source = opened instanceof Promise ? await opened : opened;
      this.#source = source;
      if (source.writes !== this.#writesSeen) this.#forgetReadAhead(source);
      while (this.#nextRow === this.#rows.length && this.#cursor !== NO_CURSOR) await this.#readPage(source);
      const row = this.#rows[this.#nextRow++];
      if (row === undefined) {
        this.#isDone = true;
        return { done: true, value: undefined };
      }
      this.#yielded++;
      this.#lastKey = String(row[0]);
      return { done: false, value: this.#toRow(source, row) };
    } catch (error) {
      this.#isDone = true;
      throw error;
    }
  }

  /** What was read ahead does not show what its own transaction has written since. */
  #forgetReadAhead(source: ScanSource): void {
    this.#writesSeen = source.writes;
    if (this.#cursor === undefined || (this.#nextRow === this.#rows.length && this.#cursor !== NO_CURSOR))
      return;
    this.#closeCursor();
    this.#cursor = undefined;
    this.#rows = [];
    this.#nextRow = 0;
  }

  async #readPage(source: ScanSource): Promise<void> {
    const writes = source.writes;
    const words =
      this.#cursor === undefined
        ? [...this.#plan.words(this.#rest()), 'CREDIT', this.#credit]
        : ['NEXT', this.#cursor, this.#credit];
    this.#credit = Math.min(this.#credit * CREDIT_GROWTH, this.#plan.maxCredit);
    const page = await source.send(words);
    if (!Array.isArray(page) || typeof page[0] !== 'number' || !Array.isArray(page[1]))
      throw new MemStoreError('PROTOCOL', 'The server sent a page that is none.');
    this.#cursor = page[0];
    this.#rows = page[1] as RawRow[];
    this.#nextRow = 0;
    // Whatever was written while the page was under way was sent behind it.
    this.#writesSeen = writes;
  }

  /** The part of the range that lies behind the last row. */
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
