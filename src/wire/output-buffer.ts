/** A state of an output buffer to go back to. */
interface Mark {
  readonly pieces: number;
  readonly text: string;
  readonly length: number;
}

/**
 * What waits to be written to a connection. Text is gathered in one string, which the platform turns into bytes
 * faster than anything else; only bytes that are no text break it up.
 */
export class OutputBuffer {
  #pieces: (string | Uint8Array)[] = [];
  #text = '';
  #length = 0;

  /** About how many bytes wait: what is not ASCII counts for less than it takes. */
  get length(): number {
    return this.#length;
  }

  add(text: string): void {
    this.#text += text;
    this.#length += text.length;
  }

  addBytes(bytes: Uint8Array): void {
    if (this.#text !== '') this.#pieces.push(this.#text);
    this.#text = '';
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** Adds what waits in another one, which is of no use afterwards. */
  addAll(other: OutputBuffer): void {
    if (other.#pieces.length > 0) {
      if (this.#text !== '') this.#pieces.push(this.#text);
      this.#text = '';
      for (const piece of other.#pieces) this.#pieces.push(piece);
    }
    this.#text += other.#text;
    this.#length += other.#length;
  }

  mark(): Mark {
    return { pieces: this.#pieces.length, text: this.#text, length: this.#length };
  }

  /** Forgets what was added since the mark. */
  reset({ pieces, text, length }: Mark): void {
    this.#pieces.length = pieces;
    this.#text = text;
    this.#length = length;
  }

  /** Hands over all of it, as one piece. */
  take(): string | Buffer {
    const text = this.#text;
    const pieces = this.#pieces;
    this.#text = '';
    this.#length = 0;
    if (pieces.length === 0) return text;
    this.#pieces = [];
    pieces.push(text);
    return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
  }
}
