import { OutputBuffer } from '../protocol/output-buffer.ts';
import { type RequestHead, type Word, writeRequest } from '../protocol/request-writer.ts';
import type { Transport } from './transport.ts';

// Large requests are written in pieces, so that the heartbeat sees their progress.
const MAX_WRITE_BYTES = 1024 * 1024;

/** A queue of requests for the transport. It writes all requests of one tick together. */
export class SendQueue {
  readonly #transport: Transport;
  readonly #output = new OutputBuffer();
  /** The next bytes to write, which are no longer in `#output`. */
  #rest: Uint8Array | undefined;
  #isScheduled = false;
  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Returns the number of bytes that have not left the process. */
  get unsentBytes(): number {
    return this.#output.length + this.#transport.unsentBytes;
  }

  /** Adds a request. It is written at the end of the tick. */
  add(tag: number, words: readonly Word[], head: RequestHead | undefined): void {
    writeRequest(this.#output, words, head, tag);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#transport.afterTick(this.#flushScheduled);
  }

  /**
   * Writes until the transport is no longer writable. Later requests collect in the queue and leave together.
   */
  flush(): void {
    while (this.#transport.isWritable) {
      if (this.#rest === undefined && this.#output.length === 0) return;
      const piece = this.#rest ?? this.#output.take();
      this.#rest = piece.length > MAX_WRITE_BYTES ? piece.subarray(MAX_WRITE_BYTES) : undefined;
      this.#transport.write(this.#rest === undefined ? piece : piece.subarray(0, MAX_WRITE_BYTES));
    }
  }
}
