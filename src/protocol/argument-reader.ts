import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Arguments } from './arguments.ts';
import { textCodec } from './text-codec.ts';
import type { WordTable } from './word-table.ts';

const NUMBER = /^(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$/;

/** The way to read the arguments of one connection. */
export interface ArgumentStyle {
  readonly codec: ValueCodec;
  /** In UTF-16 code units. */
  readonly maxKeyLength: number;
}

/** Reads the arguments of a request one by one, and rejects invalid ones. */
export class ArgumentReader {
  readonly #arguments: Arguments;
  readonly #codec: ValueCodec;
  readonly #maxKeyLength: number;
  #position: number;
  #end: number;
  /** A list of keys or entries is read up to this argument, and then goes on in a later turn. */
  #pauseAt: number;

  constructor(args: Arguments, position: number, { codec, maxKeyLength }: ArgumentStyle) {
    this.#arguments = args;
    this.#codec = codec;
    this.#maxKeyLength = maxKeyLength;
    this.#position = position;
    this.#end = args.length;
    this.#pauseAt = this.#end;
  }

  /** The number of arguments that are left. */
  get left(): number {
    return this.#end - this.#position;
  }

  /** True if a list has another item to read in this turn. */
  get hasNext(): boolean {
    return this.#position < this.#pauseAt;
  }

  /** True if a list goes on in a later turn. */
  get isPaused(): boolean {
    return this.#position >= this.#pauseAt && this.left > 0;
  }

  /** Lets lists pause behind so many of the arguments that are left. */
  pauseAfter(count: number): void {
    this.#pauseAt = Math.min(this.#position + count, this.#end);
  }

  /** @throws {MemStoreError} INVALID_OPTION if no argument is left, INVALID_KEY if it is not UTF-8 */
  text(what: string): string {
    return this.#arguments.text(this.#take(what));
  }

  /** Takes the next argument if a table contains it, and returns its value there. */
  find<T>(what: string, table: WordTable<T>): T | undefined {
    const found = this.#arguments.find(this.#take(what), table);
    if (found === undefined) this.#position--;
    return found;
  }

  /** Takes an argument: text if it is UTF-8, otherwise its bytes. */
  content(what: string): string | Uint8Array {
    return this.#arguments.content(this.#take(what));
  }

  value(): unknown {
    // The same as decoding the bytes, but without a view of them.
    if (this.#codec === textCodec) return this.content('value');
    return this.#codec.decode(this.#arguments.bytes(this.#take('value')));
  }

  /** @throws {MemStoreError} INVALID_OPTION */
  integer(what: string): number {
    return this.#integerAt(what, this.#take(what));
  }

  /** A number that need not be whole, or the word Infinity. @throws {MemStoreError} INVALID_OPTION */
  number(what: string): number {
    const word = this.text(what);
    const number = NUMBER.test(word) ? Number(word) : Number.NaN;
    if (Number.isFinite(number) || word === 'Infinity') return number;
    throw new MemStoreError('INVALID_OPTION', `The ${what} must be a number; it is ${JSON.stringify(word)}.`);
  }

  /** @throws {MemStoreError} LIMIT_EXCEEDED, INVALID_KEY */
  key(): string {
    const key = this.text('key');
    if (key.length <= this.#maxKeyLength) return key;
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `A key may have at most ${this.#maxKeyLength} code units here; this has ${key.length}.`,
    );
  }

  /** Takes the keys that are left, at least one, and adds them to a list. */
  keys(keys: string[]): string[] {
    do keys.push(this.key());
    while (this.hasNext);
    return keys;
  }

  /** Takes the next word if it is this one, in any case. */
  takeWord(word: string): boolean {
    if (this.left === 0) return false;
    const isIt = this.#arguments.is(this.#position, word);
    if (isIt) this.#position++;
    return isIt;
  }

  /** Takes the last argument, as plain lines have the id of the transaction there. */
  lastInteger(what: string): number {
    const value = this.#integerAt(what, this.#end - 1);
    this.#end--;
    this.#pauseAt = this.#end;
    return value;
  }

  /** Takes all the arguments that are left. */
  rest(what: string): string[] {
    const rest: string[] = [];
    while (this.left > 0) rest.push(this.text(what));
    return rest;
  }

  /** Skips all remaining arguments. */
  skipRest(): void {
    this.#position = this.#end;
  }

  /** @throws {MemStoreError} INVALID_OPTION if arguments are left, other than those of a paused list */
  end(verb: string): void {
    if (this.left > 0 && !this.isPaused) {
      const extra = JSON.stringify(this.#arguments.text(this.#position));
      throw new MemStoreError('INVALID_OPTION', `${verb} does not take ${extra} there.`);
    }
  }

  #take(what: string): number {
    if (this.left === 0) throw new MemStoreError('INVALID_OPTION', `The command lacks its ${what}.`);
    return this.#position++;
  }

  #integerAt(what: string, index: number): number {
    const value = this.#arguments.integer(index);
    if (!Number.isNaN(value)) return value;
    const word = JSON.stringify(this.#arguments.text(index));
    throw new MemStoreError('INVALID_OPTION', `The ${what} must be a decimal integer; it is ${word}.`);
  }
}
