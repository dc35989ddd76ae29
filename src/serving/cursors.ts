import { MemStoreError } from '../contract/errors.ts';
import { integer, list, type Reply } from '../protocol/reply.ts';
import { NO_CURSOR } from '../protocol/reserved-numbers.ts';
import type { Cursor, PageMemory } from './cursor.ts';
import type { SessionHost, SessionMemory } from './session-host.ts';
import type { SessionTransaction } from './session-transaction.ts';

/** The estimated memory of an open scan, including its current batch of rows. */
const CURSOR_BYTES = 8_192;

/** The open scans of one connection. */
export class Cursors implements PageMemory {
  readonly #byNumber = new Map<number, Cursor>();
  /** The scans that send all their rows in one reply. */
  readonly #whole = new Set<Cursor>();
  readonly #host: SessionHost;
  readonly #memory: SessionMemory;
  /** The bytes of rows that have been read but not yet sent. */
  #pageBytes = 0;
  #last = NO_CURSOR;

  constructor(host: SessionHost, memory: SessionMemory) {
    this.#host = host;
    this.#memory = memory;
  }

  /** Returns the bytes that all scans of the connection use. */
  get bytes(): number {
    return (this.#byNumber.size + this.#whole.size) * CURSOR_BYTES + this.#pageBytes;
  }

  get isShort(): boolean {
    return this.#memory.isShort;
  }

  count(bytes: number): void {
    this.#pageBytes += bytes;
    this.#memory.count();
  }

  /** Returns a number that no scan of the connection has had. */
  takeNumber(): number {
    return ++this.#last;
  }

  get(number: number): Cursor | undefined {
    return this.#byNumber.get(number);
  }

  /**
   * Begins a scan. With a credit, returns the first page of at most that many rows. Otherwise returns all
   * rows.
   * @throws {MemStoreError} LIMIT_EXCEEDED, and the errors of the scan
   */
  async begin(cursor: Cursor, credit: number | undefined): Promise<Reply> {
    const { maxReplyBytes, maxCursors } = this.#host.limits;
    if (credit === undefined) {
      this.#whole.add(cursor);
      const rows = cursor.all(maxReplyBytes, this, () => this.#host.yieldTurn());
      return rows.finally(() => this.#whole.delete(cursor));
    }
    if (this.#byNumber.size >= maxCursors) this.#closeDead();
    if (this.#byNumber.size >= maxCursors)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `A connection may have at most ${maxCursors} open scans (maxCursors).`,
      );
    const number = this.takeNumber();
    this.#byNumber.set(number, cursor);
    return this.next(number, credit);
  }

  /** Returns the next page of a scan. The scan ends after its last page or a failure. */
  async next(number: number, credit: number): Promise<Reply> {
    const cursor = this.#byNumber.get(number);
    if (cursor === undefined)
      throw new MemStoreError('INVALID_OPTION', `This connection has no open scan with cursor ${number}.`);
    try {
      const { rows, isDone } = await cursor.page(credit);
      if (isDone) this.#byNumber.delete(number);
      return list([integer(isDone ? NO_CURSOR : number), list(rows)]);
    } catch (error) {
      this.#byNumber.delete(number);
      cursor.close();
      throw error;
    }
  }

  close(number: number): void {
    this.#byNumber.get(number)?.close();
    this.#byNumber.delete(number);
  }

  /** Closes the scans whose transaction has ended. */
  #closeDead(): void {
    for (const [number, { transaction }] of this.#byNumber)
      if (transaction?.isOpen === false) this.close(number);
  }

  /** Closes the scans of a transaction. */
  closeOf(transaction: SessionTransaction): void {
    for (const [number, cursor] of this.#byNumber) if (cursor.transaction === transaction) this.close(number);
  }

  closeAll(): void {
    for (const cursor of this.#whole) cursor.close();
    for (const number of this.#byNumber.keys()) this.close(number);
  }
}
