const NOTHING: Buffer = Buffer.alloc(0);

/**
 * A queue of received bytes that are not consumed yet. A chunk that arrives while the queue is empty is not
 * copied. Other chunks are copied a bounded number of times, because the buffer grows by doubling.
 */
export class ByteQueue {
  #buffer: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  /** True if the queue allocated the buffer itself, so that it may append to it. */
  #isOwn = false;

  get length(): number {
    return this.#end - this.#start;
  }

  /** The buffer that contains the bytes, from `start` to `end`. It is valid until the next `push`. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  push(chunk: Uint8Array): void {
    if (this.length === 0) {
      this.#buffer =
        chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#isOwn = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (!this.#isOwn || this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #makeRoom(more: number): void {
    const { length } = this;
    const roomy = Buffer.allocUnsafeSlow(Math.max(2 * length, length + more));
    this.#buffer.copy(roomy, 0, this.#start, this.#end);
    this.#buffer = roomy;
    this.#isOwn = true;
    this.#start = 0;
    this.#end = length;
  }

  /** Returns the byte at an index from the front, or -1 after the end. */
  at(index: number): number {
    const position = this.#start + index;
    return position < this.#end ? (this.#buffer[position] as number) : -1;
  }

  /** Returns the index of the first byte with this value, searching from `from` on, or -1. */
  indexOf(byte: number, from: number): number {
    const found = this.#buffer.subarray(this.#start + from, this.#end).indexOf(byte);
    return found < 0 ? -1 : from + found;
  }

  /** Returns a view of a part of the bytes. Later pushes do not change it. */
  view(from: number, to: number): Buffer {
    return this.#buffer.subarray(this.#start + from, this.#start + to);
  }

  consume(length: number): void {
    this.#start += length;
    if (this.#start < this.#end) return;
    // Free the buffer, so that an idle connection does not keep the memory of its last request.
    this.#buffer = NOTHING;
    this.#start = 0;
    this.#end = 0;
  }
}
