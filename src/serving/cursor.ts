import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import { integer, list, NULL, type Reply } from '../protocol/reply.ts';
import { replyTooLarge } from '../protocol/reply-too-large.ts';
import { encodeNamed } from './encode-named.ts';
import type { SessionTransaction } from './session-transaction.ts';

/** The maximum size of a page, approximately. It lets other clients be served between pages. */
export const MAX_PAGE_BYTES: number = 256 * 1024;
const MAX_PAGE_ROWS = 4_096;

/** One entry of a scan, before it is encoded for the client. */
export interface ScannedRow {
  readonly key: string;
  readonly value: unknown;
  /**
   * Set for `SHOWALL` only. `id` is the transaction that holds the key exclusively, or undefined if none
   * does.
   */
  readonly holder?: { readonly id: number | undefined };
}

/** A page of a scan. `isDone` is true for the last page. */
interface Page {
  readonly rows: readonly Reply[];
  /** The approximate size of the rows. */
  readonly bytes: number;
  readonly isDone: boolean;
}

/** Accounts for the memory of rows that have been read but not yet sent. */
export interface PageMemory {
  /** True if the connection may not keep more rows in memory. */
  readonly isShort: boolean;
  /** Adds to the number of kept bytes. A negative number subtracts. */
  count(bytes: number): void;
}

/** A scan that a client reads in pages. */
export class Cursor {
  /** The transaction that the scan belongs to, if any. */
  readonly transaction: SessionTransaction | undefined;
  /** Aborting it cancels the lock waits of the scan. Undefined if the scan never waits. */
  readonly controller: AbortController | undefined;
  readonly #rows: AsyncIterator<ScannedRow, undefined>;
  readonly #codec: ValueCodec;
  /** The error that the next read throws. */
  #failure: { readonly error: unknown } | undefined;

  constructor(
    rows: AsyncIterator<ScannedRow, undefined>,
    codec: ValueCodec,
    controller: AbortController | undefined,
    transaction: SessionTransaction | undefined,
  ) {
    this.#rows = rows;
    this.#codec = codec;
    this.controller = controller;
    this.transaction = transaction;
  }

  /** Reads the next page, with at most `maxRows` rows. */
  page(maxRows: number): Promise<Page> {
    return this.#read(Math.min(maxRows, MAX_PAGE_ROWS));
  }

  /**
   * Reads all rows.
   * @throws {MemStoreError} LIMIT_EXCEEDED if the rows have more than about `maxBytes` bytes
   */
  async all(maxBytes: number, memory: PageMemory, yieldTurn: () => Promise<void>): Promise<Reply> {
    const rows: Reply[] = [];
    let bytes = 0;
    try {
      while (bytes < maxBytes && !memory.isShort) {
        const page = await this.#read(MAX_PAGE_ROWS);
        for (const row of page.rows) rows.push(row);
        bytes += page.bytes;
        memory.count(page.bytes);
        if (page.isDone) return list(rows);
        await yieldTurn();
      }
      throw replyTooLarge(maxBytes);
    } finally {
      memory.count(-bytes);
      this.close();
    }
  }

  /** Ends the scan. Does nothing if it has already ended. */
  close(): void {
    // return() makes the iterator report its end. Without the error, a page that is being read would seem to
    // be the last page.
    this.#failure ??= { error: new MemStoreError('ABORTED', 'The scan was closed before its end.') };
    this.#rows.return?.()?.catch(() => {});
  }

  async #read(maxRows: number): Promise<Page> {
    const rows: Reply[] = [];
    let bytes = 0;
    while (rows.length < maxRows && bytes < MAX_PAGE_BYTES) {
      if (this.#failure !== undefined) {
        if (rows.length > 0) break;
        throw this.#failure.error;
      }
      let row: ScannedRow;
      let encoded: string | Uint8Array;
      try {
        const result = await this.#rows.next();
        if (result.done) return { rows, bytes, isDone: true };
        row = result.value;
        encoded = encodeNamed(this.#codec, row.key, row.value);
      } catch (error) {
        // Return the rows before the failure first. The next read throws the failure.
        if (rows.length === 0 || this.transaction?.isOpen === false) throw error;
        this.#failure = { error };
        break;
      }
      const { key, value, holder } = row;
      bytes += key.length + encoded.length;
      const parts: Reply[] = [
        { kind: 'text', text: key },
        { kind: 'value', value, encoded },
      ];
      if (holder !== undefined) parts.push(holder.id === undefined ? NULL : integer(holder.id));
      rows.push(list(parts));
    }
    return { rows, bytes, isDone: false };
  }
}
