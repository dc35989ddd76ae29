import { MemStoreError } from '../contract/errors.ts';
import type { Arguments } from './arguments.ts';
import { ByteQueue } from './byte-queue.ts';
import { splitLine } from './split-line.ts';
import { textOf, textWithin } from './utf8.ts';
import { isWord, type WordTable } from './word-table.ts';

/** The limits of one request. */
export interface RequestLimits {
  /** The maximum number of words of one request, including the verb. */
  readonly maxArguments: number;
  /** The maximum size of one word. */
  readonly maxArgumentBytes: number;
  /** The maximum size of one request. */
  readonly maxRequestBytes: number;
  /** The maximum size of one plain line. */
  readonly maxLineBytes: number;
}

/**
 * The form of the requests of a connection: RESP arrays or plain lines. The first byte that is not a line end
 * decides.
 */
export type RequestForm = 'arrays' | 'lines';

const LF = 0x0a;
const CR = 0x0d;
const ARRAY = 0x2a;
const BULK = 0x24;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
// Enough for a marker, a sign, the digits of any number up to the limits, and CR LF.
const LONGEST_LENGTH_LINE = 24;
/** The size of a length line with two digits: the marker, the digits, CR and LF. */
const SHORT_LENGTH_LINE = 5;
const MAX_BOUNDS_KEPT = 64;
/** Safe integers have at most this many digits. */
const MAX_DIGITS = 16;

/** Parses requests from chunks of bytes, which may be split anywhere. Reads each byte a few times at most. */
export class RequestParser {
  /** The limits may be replaced at any time, for example after a client has sent the password. */
  limits: RequestLimits;
  readonly #input = new ByteQueue();
  /** The bulk strings of the current request that have been read so far. */
  readonly #whole = new BulkArguments();
  #form: RequestForm | undefined;
  #isLost = false;
  #line = '';
  #size = 0;
  /** The offset of the next byte to read, from the start of the current request. */
  #position = 0;
  /** The number of bulk strings of the request. Undefined before its header has been read. */
  #expected: number | undefined;
  /**
   * The length of the bulk string at `#position`, if its header has been read but its content is incomplete.
   */
  #bulkLength: number | undefined;

  constructor(limits: RequestLimits) {
    this.limits = limits;
  }

  /** The form of the requests. Undefined before the first byte that is not a line end. */
  get form(): RequestForm | undefined {
    return this.#form;
  }

  /** Returns the last plain line. */
  get line(): string {
    return this.#line;
  }

  /** Returns whether the input is so broken that the start of the next request cannot be found. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Returns the size of the last request in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Returns the number of received bytes that are not consumed yet. */
  get unread(): number {
    return this.#input.length;
  }

  push(chunk: Uint8Array): void {
    this.#input.push(chunk);
  }

  /**
   * Returns the next complete request, or `undefined` if more bytes are needed. The request is valid until
   * the next call.
   * @throws {MemStoreError} INVALID_OPTION, INVALID_VALUE, LIMIT_EXCEEDED for an invalid line; the next call
   * continues after the line
   * @throws {MemStoreError} PROTOCOL, LIMIT_EXCEEDED if the framing is lost, see `isLost`
   */
  next(): Arguments | undefined {
    if (this.#form === undefined) {
      this.#skipLineEnds();
      if (this.#input.length === 0) return undefined;
      this.#form = this.#input.at(0) === ARRAY ? 'arrays' : 'lines';
    }
    if (this.#form === 'lines') return this.#nextLine();
    try {
      const whole = this.#nextArray();
      // The next request may arrive much later, so do not keep the buffer in memory.
      if (whole === undefined) this.#whole.freeMemory();
      return whole;
    } catch (error) {
      this.#isLost = true;
      throw error;
    }
  }

  #nextLine(): Arguments | undefined {
    for (;;) {
      const end = this.#input.indexOf(LF, this.#position);
      const length = end < 0 ? this.#input.length : end;
      if (length > this.limits.maxLineBytes) {
        this.#isLost = true;
        throw tooLarge('A line', 'bytes', this.limits.maxLineBytes);
      }
      if (end < 0) {
        this.#position = this.#input.length;
        return undefined;
      }
      const line = textOf(this.#input.view(0, end));
      this.#consume(end + 1);
      if (line === undefined) throw new MemStoreError('INVALID_VALUE', 'The line is not valid UTF-8.');
      this.#line = line;
      const words = splitLine(line);
      if (words.length === 0) continue;
      if (words.length > this.limits.maxArguments)
        throw tooLarge('A line', 'words', this.limits.maxArguments);
      return new LineArguments(words);
    }
  }

  #nextArray(): Arguments | undefined {
    for (;;) {
      if (this.#expected === undefined) this.#begin();
      this.#expected ??= this.#readLength(ARRAY);
      if (this.#expected === undefined) return undefined;
      if (this.#expected > this.limits.maxArguments)
        throw tooLarge('A request', 'arguments', this.limits.maxArguments);
      if (!this.#readBulks(this.#expected)) return undefined;
      const whole = this.#whole;
      whole.place(this.#input.buffer, this.#input.start);
      this.#consume(this.#position);
      // Skip an empty array, as Redis does.
      if (whole.length > 0) return whole;
    }
  }

  #begin(): void {
    this.#whole.clear();
    // `redis-cli --pipe` sends an empty line before its last request.
    this.#skipLineEnds();
  }

  #skipLineEnds(): void {
    while (this.#input.at(0) === CR || this.#input.at(0) === LF) this.#input.consume(1);
  }

  #readBulks(expected: number): boolean {
    const { limits } = this;
    const { buffer, start } = this.#input;
    const { length: available } = this.#input;
    const whole = this.#whole;
    while (whole.length < expected) {
      const length = this.#bulkLength ?? this.#readLength(BULK);
      if (length === undefined) return false;
      if (length < 0)
        throw new MemStoreError('PROTOCOL', 'An argument must not be null (a negative length).');
      if (length > limits.maxArgumentBytes) throw tooLarge('An argument', 'bytes', limits.maxArgumentBytes);
      const end = this.#position + length;
      if (end > limits.maxRequestBytes) throw tooLarge('A request', 'bytes', limits.maxRequestBytes);
      if (available < end + 2) {
        this.#bulkLength = length;
        return false;
      }
      if (buffer[start + end] !== CR || buffer[start + end + 1] !== LF)
        throw new MemStoreError(
          'PROTOCOL',
          'An argument does not end with CR and LF after its announced length.',
        );
      whole.add(this.#position, end);
      this.#position = end + 2;
      this.#bulkLength = undefined;
    }
    return true;
  }

  /** Reads the number in a line such as `*3` or `$5`. Returns `undefined` if the line is still incomplete. */
  #readLength(marker: number): number | undefined {
    const { buffer, start, end } = this.#input;
    const first = start + this.#position;
    // Nearly every length has one or two digits and needs no loop.
    if (first + SHORT_LENGTH_LINE <= end && buffer[first] === marker && isDigit(buffer[first + 1])) {
      const digit = (buffer[first + 1] as number) - ZERO;
      const next = buffer[first + 2] as number;
      if (next === CR && buffer[first + 3] === LF) {
        this.#position += SHORT_LENGTH_LINE - 1;
        return digit;
      }
      if (isDigit(next) && buffer[first + 3] === CR && buffer[first + 4] === LF) {
        this.#position += SHORT_LENGTH_LINE;
        return 10 * digit + (next - ZERO);
      }
    }
    return this.#readAnyLength(marker);
  }

  #readAnyLength(marker: number): number | undefined {
    const { buffer, start, end } = this.#input;
    const first = start + this.#position;
    if (first >= end) return undefined;
    if (buffer[first] !== marker)
      throw new MemStoreError(
        'PROTOCOL',
        `Expected the marker '${String.fromCharCode(marker)}' at the start of a request or argument.`,
      );
    const isNegative = first + 1 < end && buffer[first + 1] === MINUS;
    const firstDigit = isNegative ? first + 2 : first + 1;
    let position = firstDigit;
    let value = 0;
    for (; position < end; position++) {
      const byte = buffer[position] as number;
      if (!isDigit(byte)) break;
      value = value * 10 + (byte - ZERO);
    }
    if (position - first > LONGEST_LENGTH_LINE)
      throw new MemStoreError('PROTOCOL', 'A length has too many digits.');
    if (position >= end) return undefined;
    if (buffer[position] !== CR || position === firstDigit)
      throw new MemStoreError('PROTOCOL', 'A length must be a decimal number.');
    if (position + 1 >= end) return undefined;
    if (buffer[position + 1] !== LF) throw new MemStoreError('PROTOCOL', 'A length must end with CR and LF.');
    this.#position = position + 2 - start;
    return isNegative ? -value : value;
  }

  #consume(length: number): void {
    this.#input.consume(length);
    this.#size = length;
    this.#position = 0;
    this.#expected = undefined;
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * The bulk strings of a request, which stay in the input buffer. A parser uses one object for all its
 * requests.
 */
class BulkArguments implements Arguments {
  #buffer: Buffer = NOTHING;
  #start = 0;
  /** The start and the end of each bulk string, as offsets from the start of the request. */
  #bounds: number[] = [];
  length = 0;

  add(start: number, end: number): void {
    this.#bounds[2 * this.length] = start;
    this.#bounds[2 * this.length + 1] = end;
    this.length++;
  }

  /** Sets the buffer and the start of the complete request. */
  place(buffer: Buffer, start: number): void {
    // Requests in one chunk share the buffer, and a comparison is cheaper than an assignment with a write
    // barrier.
    if (this.#buffer !== buffer) this.#buffer = buffer;
    this.#start = start;
  }

  /** Prepares for the next request, and frees the memory of a long one. */
  clear(): void {
    this.length = 0;
    if (this.#bounds.length > MAX_BOUNDS_KEPT) this.#bounds = [];
  }

  /** Releases the buffer of the last request. */
  freeMemory(): void {
    this.#buffer = NOTHING;
  }

  text(index: number): string {
    const text = this.#textOf(index);
    if (text === undefined)
      throw new MemStoreError(
        'INVALID_KEY',
        `Argument ${index} is not valid UTF-8; only values may be arbitrary bytes.`,
      );
    return text;
  }

  bytes(index: number): Uint8Array {
    return this.#buffer.subarray(this.#at(2 * index), this.#at(2 * index + 1));
  }

  content(index: number): string | Uint8Array {
    return this.#textOf(index) ?? Uint8Array.from(this.bytes(index));
  }

  find<T>(index: number, table: WordTable<T>): T | undefined {
    return table.find(this.#buffer, this.#at(2 * index), this.#at(2 * index + 1));
  }

  is(index: number, word: string): boolean {
    const start = this.#at(2 * index);
    return this.#at(2 * index + 1) - start === word.length && isWord(this.#buffer, start, word);
  }

  integer(index: number): number {
    return decimal(this.#buffer, this.#at(2 * index), this.#at(2 * index + 1));
  }

  #textOf(index: number): string | undefined {
    return textWithin(this.#buffer, this.#at(2 * index), this.#at(2 * index + 1));
  }

  #at(bound: number): number {
    return this.#start + (this.#bounds[bound] as number);
  }
}

class LineArguments implements Arguments {
  readonly #words: readonly string[];

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get length(): number {
    return this.#words.length;
  }

  text(index: number): string {
    return this.#words[index] as string;
  }

  bytes(index: number): Buffer {
    return Buffer.from(this.text(index));
  }

  find<T>(index: number, table: WordTable<T>): T | undefined {
    const bytes = this.bytes(index);
    return table.find(bytes, 0, bytes.length);
  }

  is(index: number, word: string): boolean {
    return this.text(index).toUpperCase() === word;
  }

  integer(index: number): number {
    const bytes = this.bytes(index);
    return decimal(bytes, 0, bytes.length);
  }

  content(index: number): string {
    return this.text(index);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/**
 * Returns the number that the digits stand for, or NaN if there are other bytes or it is not a safe integer.
 */
function decimal(bytes: Buffer, start: number, end: number): number {
  if (start === end || end - start > MAX_DIGITS) return Number.NaN;
  let value = 0;
  for (let position = start; position < end; position++) {
    const byte = bytes[position] as number;
    if (!isDigit(byte)) return Number.NaN;
    value = value * 10 + (byte - ZERO);
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN;
}

function tooLarge(what: string, unit: string, limit: number): MemStoreError {
  return new MemStoreError('LIMIT_EXCEEDED', `${what} may have at most ${limit} ${unit}.`);
}
