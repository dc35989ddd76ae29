/** Text up to this length is copied in a loop, which is faster for short text than `Buffer.write`. */
const SHORT = 64;
/** The maximum number of UTF-8 bytes per UTF-16 code unit. */
const WIDEST = 3;
/** The maximum size of a bulk string without its content: the header and two line ends. */
const BULK_FRAME = 24;
const LEAST_ROOM = 64;
const MAX_ROOM_AT_FIRST = 16_384;
/**
 * The largest number that bitwise operators handle. Larger numbers are rare and are converted to a string
 * first.
 */
const MAX_BY_DIGITS = 0x7fffffff;
const NOTHING: Buffer = Buffer.alloc(0);

const ZERO = 0x30;
const BULK = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** Collects bytes for a connection, which are then written in one piece. */
export class OutputBuffer {
  #bytes: Buffer = NOTHING;
  #length = 0;
  /**
   * The initial size of the next buffer. It is about the size of the last piece, so that the buffer rarely
   * grows.
   */
  #roomAtFirst = LEAST_ROOM;

  /** Returns the number of collected bytes. */
  get length(): number {
    return this.#length;
  }

  add(text: string): void {
    const { length } = text;
    if (length > SHORT) {
      this.#addLong(text);
      return;
    }
    this.#makeRoom(length);
    const end = copyAscii(this.#bytes, this.#length, text);
    if (end < 0) this.#addLong(text);
    else this.#length = end;
  }

  #addLong(text: string): void {
    this.#makeRoom(WIDEST * text.length > MAX_ROOM_AT_FIRST ? Buffer.byteLength(text) : WIDEST * text.length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  addBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Adds a line with a marker and a number, such as `:7`. REQUIRES: the number is not negative. */
  addNumber(marker: number, value: number): void {
    this.#makeRoom(BULK_FRAME);
    this.#length = writeNumber(this.#bytes, this.#length, marker, value);
  }

  /** Adds a bulk string: a line with the number of bytes, and a line with the bytes. */
  addBulk(content: string | Uint8Array): void {
    if (typeof content === 'string' && content.length <= SHORT) {
      this.#makeRoom(content.length + BULK_FRAME);
      const start = writeNumber(this.#bytes, this.#length, BULK, content.length);
      const end = copyAscii(this.#bytes, start, content);
      if (end >= 0) {
        this.#length = endLine(this.#bytes, end);
        return;
      }
    }
    const size = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
    this.#makeRoom(size + BULK_FRAME);
    const start = writeNumber(this.#bytes, this.#length, BULK, size);
    if (typeof content === 'string') this.#bytes.write(content, start);
    else this.#bytes.set(content, start);
    this.#length = endLine(this.#bytes, start + size);
  }

  /** Adds the bytes of another buffer. */
  addAll(other: OutputBuffer): void {
    this.addBytes(other.#bytes.subarray(0, other.#length));
  }

  /** Shortens the output to an earlier length. */
  cut(length: number): void {
    this.#length = length;
    // Free the memory of a large addition now, not at the next `take`. A buffer of up to twice the length is
    // kept, because copying the output at every cut would cost more.
    if (this.#bytes.length > Math.max(MAX_ROOM_AT_FIRST, 2 * length))
      this.#bytes = Buffer.from(this.#bytes.subarray(0, length));
  }

  /** Returns all bytes as one piece and empties the buffer. Later additions do not change the piece. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#roomAtFirst = Math.min(Math.max(this.#length + BULK_FRAME, LEAST_ROOM), MAX_ROOM_AT_FIRST);
    this.#bytes = NOTHING;
    this.#length = 0;
    return taken;
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed > this.#bytes.length) this.#grow(needed);
  }

  #grow(needed: number): void {
    const roomy = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length, this.#roomAtFirst));
    if (this.#length > 0) this.#bytes.copy(roomy, 0, 0, this.#length);
    this.#bytes = roomy;
  }
}

/**
 * Copies ASCII text and returns the index after it, or -1 if the text is not ASCII. REQUIRES: the buffer is
 * large enough.
 */
function copyAscii(bytes: Buffer, start: number, text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return -1;
    bytes[start + i] = code;
  }
  return start + length;
}

function writeNumber(bytes: Buffer, start: number, marker: number, value: number): number {
  bytes[start] = marker;
  if (value > MAX_BY_DIGITS) return endLine(bytes, copyAscii(bytes, start + 1, String(value)));
  let end = start + 2;
  for (let rest = value; rest > 9; rest = (rest / 10) | 0) end++;
  let rest = value;
  for (let position = end - 1; position > start; position--) {
    const tenth = (rest / 10) | 0;
    bytes[position] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return endLine(bytes, end);
}

function endLine(bytes: Buffer, end: number): number {
  bytes[end] = CR;
  bytes[end + 1] = LF;
  return end + 2;
}
