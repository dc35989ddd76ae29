import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Arguments } from './arguments.ts';
import { textCodec } from './text-codec.ts';
import type { WordTable } from './word-table.ts';

const STEP = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/;
const BIGINT_STEP = /^(-?\d+)n$/;
const NUMBER = /^(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$/;

/** How to read the arguments of one connection. */
export interface ArgumentStyle {
  readonly codec: ValueCodec;
  /** The maximum length of a key, in UTF-16 code units. */
  readonly maxKeyLength: number;
}

/** Reads the arguments of a request one after the other, and refuses invalid ones. */
export class ArgumentReader {
  readonly #arguments: Arguments;
  readonly #codec: ValueCodec;
  readonly #maxKeyLength: number;
  #position: number;
  #end: number;
  /** The index where a list of keys or entries pauses. The rest is read in a later turn of the event loop. */
  #pauseAt: number;

  constructor(args: Arguments, position: number, { codec, maxKeyLength }: ArgumentStyle) {
    this.#arguments = args;
    this.#codec = codec;
    this.#maxKeyLength = maxKeyLength;
    this.#position = position;
    this.#end = args.length;
    this.#pauseAt = this.#end;
  }

  /** Returns the number of unread arguments. */
  get left(): number {
    return this.#end - this.#position;
  }

  /** Returns whether a list has another item to read in this turn. */
  get hasNext(): boolean {
    return this.#position < this.#pauseAt;
  }

  /** Returns whether a list has paused with items left for a later turn. */
  get isPaused(): boolean {
    return this.#position >= this.#pauseAt && this.left > 0;
  }

  /** Makes a list pause after this number of arguments. */
  pauseAfter(count: number): void {
    this.#pauseAt = Math.min(this.#position + count, this.#end);
  }

  /**
   * Takes the next argument as text. `what` names it in errors.
   * @throws {MemStoreError} INVALID_OPTION if no argument is left, INVALID_KEY if it is not UTF-8
   */
  text(what: string): string {
    return this.#arguments.text(this.#take(what));
  }

  /** Takes the next argument if the table contains it, and returns its value in the table. */
  find<T>(what: string, table: WordTable<T>): T | undefined {
    const found = this.#arguments.find(this.#take(what), table);
    if (found === undefined) this.#position--;
    return found;
  }

  /** Takes the next argument: as text if it is UTF-8, as bytes otherwise. */
  content(what: string): string | Uint8Array {
    return this.#arguments.content(this.#take(what));
  }

  value(): unknown {
    // Gives the same result as decoding the bytes, but creates no view of them.
    if (this.#codec === textCodec) return this.content('value');
    return this.#codec.decode(this.#arguments.bytes(this.#take('value')));
  }

  /**
   * Takes the next argument as a decimal integer.
   * @throws {MemStoreError} INVALID_OPTION
   */
  integer(what: string): number {
    return this.#integerAt(what, this.#take(what));
  }

  /**
   * Takes the next argument as a decimal number, which may have a fraction, or as the word Infinity.
   * @throws {MemStoreError} INVALID_OPTION
   */
  number(what: string): number {
    const word = this.text(what);
    const number = NUMBER.test(word) ? Number(word) : Number.NaN;
    if (Number.isFinite(number) || word === 'Infinity') return number;
    throw new MemStoreError('INVALID_OPTION', `The ${what} must be a number, got ${JSON.stringify(word)}.`);
  }

  /**
   * Takes the next argument as the step of an increment. In text, a bigint ends with an n.
   * @throws {MemStoreError} INVALID_VALUE
   */
  step(): number | bigint {
    const value = this.value();
    if (typeof value === 'number' || typeof value === 'bigint') return value;
    if (this.#codec === textCodec && typeof value === 'string') {
      if (STEP.test(value)) return Number(value);
      const digits = BIGINT_STEP.exec(value)?.[1];
      if (digits !== undefined) return BigInt(digits);
    }
    throw new MemStoreError('INVALID_VALUE', 'INCREMENT takes a number, or a bigint such as 5n.');
  }

  /**
   * Takes the next argument as a key.
   * @throws {MemStoreError} LIMIT_EXCEEDED, INVALID_KEY
   */
  key(): string {
    const key = this.text('key');
    if (key.length <= this.#maxKeyLength) return key;
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `A key may have at most ${this.#maxKeyLength} code units (maxKeyLength), got ${key.length}.`,
    );
  }

  /** Takes the keys up to the end of the request or the pause, at least one. Adds them to a list. */
  keys(keys: string[]): string[] {
    do keys.push(this.key());
    while (this.hasNext);
    return keys;
  }

  /** Takes the next argument if it is this word, in upper or lower case. Returns whether it is. */
  takeWord(word: string): boolean {
    if (this.left === 0) return false;
    const isIt = this.#arguments.is(this.#position, word);
    if (isIt) this.#position++;
    return isIt;
  }

  /** Takes the last argument as an integer. In plain lines, the id of the transaction comes last. */
  lastInteger(what: string): number {
    const value = this.#integerAt(what, this.#end - 1);
    this.#end--;
    this.#pauseAt = this.#end;
    return value;
  }

  /** Takes all remaining arguments as text. */
  rest(what: string): string[] {
    const rest: string[] = [];
    while (this.left > 0) rest.push(this.text(what));
    return rest;
  }

  /** Skips all remaining arguments. */
  skipRest(): void {
    this.#position = this.#end;
  }

  /**
   * Checks that no arguments are left, except those of a paused list.
   * @throws {MemStoreError} INVALID_OPTION
   */
  end(verb: string): void {
    if (this.left > 0 && !this.isPaused) {
      const extra = JSON.stringify(this.#arguments.text(this.#position));
      throw new MemStoreError('INVALID_OPTION', `${verb} does not accept the argument ${extra} there.`);
    }
  }

  #take(what: string): number {
    if (this.left === 0)
      throw new MemStoreError('INVALID_OPTION', `The command needs another argument: ${what}.`);
    return this.#position++;
  }

  #integerAt(what: string, index: number): number {
    const value = this.#arguments.integer(index);
    if (!Number.isNaN(value)) return value;
    const word = JSON.stringify(this.#arguments.text(index));
    throw new MemStoreError('INVALID_OPTION', `The ${what} must be a decimal integer, got ${word}.`);
  }
}
