import type { ValueCodec } from '../codecs/value-codec.ts';
import type { AnyBatch } from '../contract/changes.ts';
import { replyTooLarge } from '../protocol/reply-too-large.ts';
import { type EncodedBatch, encodeBatch } from './batch-encoder.ts';
import { MAX_PAGE_BYTES } from './cursor.ts';

/** A change feed of one connection. */
export class ServedFeed {
  /** The estimated bytes of the changes that the store holds for the feed. */
  bufferedBytes = 0;
  isEnded = false;
  /** True while a read is pending. */
  isReading = false;
  readonly #batches: AsyncIterator<AnyBatch>;
  readonly #codec: ValueCodec;
  readonly #maxReplyBytes: number;
  /** The rest of a snapshot that was split. */
  #rest: AnyBatch | undefined;
  /** The error that the next read throws. */
  #failure: { readonly error: unknown } | undefined;

  constructor(batches: AsyncIterator<AnyBatch>, codec: ValueCodec, maxReplyBytes: number) {
    this.#batches = batches;
    this.#codec = codec;
    this.#maxReplyBytes = maxReplyBytes;
  }

  /**
   * Waits for a batch. Returns it, and the batches after it that the store already holds, up to `maxBatches`.
   * The list is empty if the feed has been closed.
   * REQUIRES: no other read is pending.
   * @throws {MemStoreError} as a rejection: LIMIT_EXCEEDED if the batch is larger than a reply, and the error
   * that ends the feed
   */
  async read(maxBatches: number): Promise<EncodedBatch[]> {
    this.isReading = true;
    try {
      return await this.#read(maxBatches);
    } finally {
      this.isReading = false;
    }
  }

  async #read(maxBatches: number): Promise<EncodedBatch[]> {
    const batches: EncodedBatch[] = [];
    let bytes = 0;
    do {
      try {
        const next = await this.#next(bytes);
        if (next === undefined) break;
        bytes += next.bytes;
        batches.push(next);
      } catch (error) {
        // Return the batches before the failure first. The next read throws the failure.
        if (batches.length === 0) throw error;
        this.#failure = { error };
        break;
      }
    } while (batches.length < maxBatches && bytes < MAX_PAGE_BYTES && this.bufferedBytes > 0);
    return batches;
  }

  /** @param bytes the size of the batches before it in the same reply */
  async #next(bytes: number): Promise<EncodedBatch | undefined> {
    if (this.#failure !== undefined) throw this.#failure.error;
    let batch = this.#rest;
    this.#rest = undefined;
    if (batch === undefined) {
      const result = await this.#batches.next();
      if (result.done) this.isEnded = true;
      if (this.isEnded) return undefined;
      batch = result.value as AnyBatch;
    }
    const encoded = encodeBatch(batch, this.#codec, this.#maxReplyBytes);
    if (encoded.bytes > this.#maxReplyBytes) throw replyTooLarge(this.#maxReplyBytes);
    if (bytes + encoded.bytes > this.#maxReplyBytes) {
      // This batch needs a reply of its own.
      this.#rest = batch;
      return undefined;
    }
    this.#rest = encoded.rest;
    return encoded;
  }

  /** Ends the feed. A pending read returns an empty list. */
  close(): void {
    this.isEnded = true;
    this.#batches.return?.()?.catch(() => {});
  }
}
