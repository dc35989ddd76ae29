import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import { toMemStoreError } from '../protocol/error-reply.ts';
import { integer, list, NULL, type Reply } from '../protocol/reply.ts';
import { replyTooLarge } from '../protocol/reply-too-large.ts';
import type { SessionTransaction } from './session-transaction.ts';

/** A page ends at about this many bytes or rows, so that other clients get a turn. */
const MAX_PAGE_BYTES = 256 * 1024;
const MAX_PAGE_ROWS = 4_096;

/** One entry, on its way to a client. */
export interface ScannedRow {
  readonly key: string;
  readonly value: unknown;
  /** In a list of everything, the transaction that holds the key exclusively, or undefined for none. */
  readonly holder?: { readonly id: number | undefined };
}

/** A page of a scan. `isDone` is true if it is the last. */
interface Page {
  readonly rows: readonly Reply[];
  /** The approximate size of the rows. */
  readonly bytes: number;
  readonly isDone: boolean;
}

/** The memory for rows that are read and not yet written. */
export interface PageMemory {
  /** True if no more rows may be kept. */
  readonly isShort: boolean;
  /** Counts bytes of rows that are kept, or takes them back if the number is negative. */
  count(bytes: number): void;
}

/** A scan that a client reads page by page. */
export class Cursor {
  /** The transaction that it belongs to, or `undefined` for none. */
  readonly transaction: SessionTransaction | undefined;
  /** Its signal ends the waits of the scan, if it can wait. */
  readonly controller: AbortController | undefined;
  readonly #rows: AsyncIterator<ScannedRow, undefined>;
  readonly #codec: ValueCodec;
  /** The error that the call after the last page throws. */
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

  /** Reads the next rows, at most `maxRows`. */
  page(maxRows: number): Promise<Page> {
    return this.#read(Math.min(maxRows, MAX_PAGE_ROWS));
  }

  /**
   * Reads all rows.
   * @throws {MemStoreError} LIMIT_EXCEEDED if they have more than about `maxBytes`
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

  /** Ends the scan. Does nothing after its end. */
  close(): void {
    // A page under way must not take the end by return() for the end of the range.
    this.#failure ??= { error: new MemStoreError('ABORTED', 'The scan was closed before its last row.') };
    this.#rows.return?.()?.catch(() => {});
  }

  /** @throws {MemStoreError} INVALID_VALUE, which names the key, as the client asked for many values */
  #encode(key: string, value: unknown): string | Uint8Array {
    try {
      return this.#codec.encode(value);
    } catch (cause) {
      const { message } = toMemStoreError(cause);
      throw new MemStoreError('INVALID_VALUE', `The key ${JSON.stringify(key)}: ${message}`, { cause });
    }
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
        encoded = this.#encode(row.key, row.value);
      } catch (error) {
        // Yield the rows before the failure first. The failure belongs to the next row.
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
