const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Bytes that have come and are not consumed. A piece that is consumed at once is never copied. A piece behind
 * others is copied a bounded number of times, because the room grows by doubling.
 */
export class ByteQueue {
  #buffer: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  /** Whether the buffer is this queue's own, so that more may be written behind its end. */
  #isOwn = false;

  get length(): number {
    return this.#end - this.#start;
  }

  /** Contains the bytes from `start` to `end`, until the next `push`. */
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

  /** The byte at an index from the front, or -1 behind the end. */
  at(index: number): number {
    const position = this.#start + index;
    return position < this.#end ? (this.#buffer[position] as number) : -1;
  }

  /** The index of the first such byte at or behind `from`, or -1. */
  indexOf(byte: number, from: number): number {
    const found = this.#buffer.subarray(this.#start + from, this.#end).indexOf(byte);
    return found < 0 ? -1 : from + found;
  }

  /** Returns a view of a part. Later pushes do not change it. */
  view(from: number, to: number): Buffer {
    return this.#buffer.subarray(this.#start + from, this.#start + to);
  }

  consume(length: number): void {
    this.#start += length;
    if (this.#start < this.#end) return;
    // An idle connection keeps no memory of its last request.
    this.#buffer = NOTHING;
    this.#start = 0;
    this.#end = 0;
  }
}
