import { OutputBuffer } from '../protocol/output-buffer.ts';
import { type RequestHead, type Word, writeRequest } from '../protocol/request-writer.ts';
import type { Transport } from './transport.ts';

// Smaller pieces show the heartbeat that a large request makes progress.
const MAX_WRITE_BYTES = 1024 * 1024;

/** The requests that have not been written to the transport. All requests of one tick leave in one write. */
export class SendQueue {
  readonly #transport: Transport;
  readonly #output = new OutputBuffer();
  /** The next bytes to write, already taken out of the output. */
  #rest: Uint8Array | undefined;
  #isScheduled = false;
  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The number of bytes that have not left the process. */
  get unsentBytes(): number {
    return this.#output.length + this.#transport.unsentBytes;
  }

  /** Adds a request, which is written at the end of the tick. */
  add(tag: number, words: readonly Word[], head: RequestHead | undefined): void {
    writeRequest(this.#output, words, head, tag);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#transport.afterTick(this.#flushScheduled);
  }

  /** Writes what the transport takes. While it is not writable, requests gather here for one write. */
  flush(): void {
    while (this.#transport.isWritable) {
      if (this.#rest === undefined && this.#output.length === 0) return;
      const piece = this.#rest ?? this.#output.take();
      this.#rest = piece.length > MAX_WRITE_BYTES ? piece.subarray(MAX_WRITE_BYTES) : undefined;
      this.#transport.write(this.#rest === undefined ? piece : piece.subarray(0, MAX_WRITE_BYTES));
    }
  }
}
