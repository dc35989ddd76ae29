import { MemStoreError } from '../contract/errors.ts';
import { ByteQueue } from './byte-queue.ts';
import { type ErrorReply, parseErrorText } from './error-reply.ts';

/** An error in a reply. */
export class RemoteError {
  readonly reply: ErrorReply;

  constructor(reply: ErrorReply) {
    this.reply = reply;
  }
}

/**
 * A parsed reply: text, a number, the bytes of a bulk string, an array, or an error. A map becomes an array
 * of alternating names and values.
 */
export type RawReply = string | number | boolean | null | Uint8Array | RemoteError | RawReply[];

/** An array that is being read, and the number of elements still to read. */
interface OpenArray {
  readonly items: RawReply[];
  missing: number;
}

/** Returned after the header of an array or a bulk string, whose content follows. */
const OPENED = Symbol('opened');

// The replies of this server are nested at most four deep: a tagged page of rows.
const GREATEST_DEPTH = 32;
// Lines can be long, because a deadlock error names keys and keys can be long.
const LONGEST_LINE = 64 * 1024 * 1024;
const LF = 0x0a;
const CR = 0x0d;
const BULK = 0x24;
const ARRAY = 0x2a;
const INTEGER = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
/** All integers of at most this many digits are safe integers. */
const MAX_DIGITS = 15;

const DECIMAL = /^[+-]?(\d+(\.\d*)?(e[+-]?\d+)?|Infinity)$/i;

/** Parses RESP 2 and RESP 3 replies from chunks of bytes, which may be split anywhere. */
export class ReplyParser {
  readonly #input = new ByteQueue();
  readonly #open: OpenArray[] = [];
  /** The length of the bulk string at the front of the input, if its header has been read. */
  #bulkLength: number | undefined;
  /** The number of bytes at the front of the input that are known to contain no line end. */
  #searched = 0;

  push(chunk: Uint8Array): void {
    this.#input.push(chunk);
  }

  /**
   * Returns the next complete reply, or `undefined` if more bytes are needed.
   * @throws {MemStoreError} PROTOCOL; the parser cannot be used after that
   */
  next(): RawReply | undefined {
    for (;;) {
      const element = this.#bulkLength === undefined ? this.#readElement() : this.#readBulk();
      if (element === undefined) return undefined;
      if (element === OPENED) continue;
      let value: RawReply = element;
      for (;;) {
        const array = this.#open.at(-1);
        if (array === undefined) return value;
        array.items.push(value);
        if (--array.missing > 0) break;
        this.#open.pop();
        value = array.items;
      }
    }
  }

  /**
   * Reads the next element. Returns OPENED for the header of a bulk string or of an array that is not empty.
   */
  #readElement(): RawReply | typeof OPENED | undefined {
    const marker = this.#input.at(0);
    if (marker === INTEGER || marker === ARRAY || marker === BULK) {
      const number = this.#readNumber();
      if (number !== undefined) {
        if (marker === INTEGER) return number;
        return marker === ARRAY ? this.#openArray(number) : this.#openBulk(number);
      }
    }
    const line = this.#readLine();
    if (line === undefined) return undefined;
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return rest;
      case '-':
        return new RemoteError(parseErrorText(rest));
      case ':':
      case '(':
      case ',':
        return readNumber(rest);
      case '#':
        return rest === 't';
      case '_':
        return null;
      case '$':
        return this.#openBulk(parseNumber(rest));
      case '*':
      case '>':
      case '~':
        return this.#openArray(parseNumber(rest));
      case '%':
        return this.#openArray(2 * parseNumber(rest));
      default:
        throw new MemStoreError(
          'PROTOCOL',
          `The server sent a line that is not a RESP reply: ${line.slice(0, 40)}`,
        );
    }
  }

  /**
   * Reads a short line such as `:7`, which is the common case. Reads nothing and returns `undefined` for
   * other lines.
   */
  #readNumber(): number | undefined {
    const { buffer, start, end } = this.#input;
    const last = Math.min(end - 1, start + 1 + MAX_DIGITS);
    let value = 0;
    let position = start + 1;
    for (; position < last; position++) {
      const byte = buffer[position] as number;
      if (byte < ZERO || byte > NINE) break;
      value = 10 * value + (byte - ZERO);
    }
    const isWhole =
      position > start + 1 && position < end - 1 && buffer[position] === CR && buffer[position + 1] === LF;
    if (!isWhole) return undefined;
    this.#input.consume(position + 2 - start);
    this.#searched = 0;
    return value;
  }

  #openBulk(length: number): null | typeof OPENED {
    if (length < 0) return null;
    this.#bulkLength = length;
    return OPENED;
  }

  #openArray(length: number): RawReply | typeof OPENED {
    if (length < 0) return null;
    if (length === 0) return [];
    if (this.#open.length >= GREATEST_DEPTH)
      throw new MemStoreError(
        'PROTOCOL',
        `The server sent a reply that is nested more than ${GREATEST_DEPTH} deep.`,
      );
    this.#open.push({ items: [], missing: length });
    return OPENED;
  }

  #readBulk(): Uint8Array | undefined {
    const length = this.#bulkLength ?? 0;
    if (this.#input.length < length + 2) return undefined;
    const bytes = this.#input.view(0, length);
    this.#input.consume(length + 2);
    this.#bulkLength = undefined;
    return bytes;
  }

  #readLine(): string | undefined {
    const end = this.#input.indexOf(LF, this.#searched);
    this.#searched = end < 0 ? this.#input.length : 0;
    if (this.#searched > LONGEST_LINE || end > LONGEST_LINE)
      throw new MemStoreError('PROTOCOL', `The server sent a line of more than ${LONGEST_LINE} bytes.`);
    if (end < 0) return undefined;
    const line = this.#input.view(0, end - 1).toString('utf8');
    this.#input.consume(end + 1);
    return line;
  }
}

/**
 * Returns the number in a reply, rounded if it is too large to be exact. If the text is not a number, only
 * its request fails: the framing is intact.
 */
function readNumber(text: string): number | RemoteError {
  const word = text.replace(/inf(inity)?$/i, 'Infinity');
  const value = DECIMAL.test(word) ? Number(word) : Number.NaN;
  if (!Number.isNaN(value)) return value;
  return new RemoteError({ error: noNumber(text), ended: false });
}

/**
 * Parses the length in a header.
 * @throws {MemStoreError} PROTOCOL
 */
function parseNumber(text: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw noNumber(text);
}

function noNumber(text: string): MemStoreError {
  return new MemStoreError(
    'PROTOCOL',
    `The server must send a number, but sent ${JSON.stringify(text.slice(0, 40))}.`,
  );
}
