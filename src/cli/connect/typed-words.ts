import { MemStoreError } from '../../index.ts';

/** The words after a verb, which are taken one by one. */
export class TypedWords {
  readonly #usage: string;
  readonly #words: string[];

  constructor(words: readonly string[], usage: string) {
    this.#words = [...words];
    this.#usage = usage;
  }

  get left(): number {
    return this.#words.length;
  }

  /**
   * Takes the next word.
   * @throws {MemStoreError} INVALID_OPTION if no word is left
   */
  text(): string {
    const word = this.#words.shift();
    if (word === undefined) throw this.misuse();
    return word;
  }

  count(): number {
    return this.#number(this.text());
  }

  /** Takes the next word as a number, or as a bigint if it ends with an n. */
  step(): number | bigint {
    const word = this.text();
    if (/^-?\d+n$/.test(word)) return BigInt(word.slice(0, -1));
    if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(word)) return Number(word);
    throw this.misuse();
  }

  countOrInfinity(): number {
    return this.skip('INFINITY') ? Number.POSITIVE_INFINITY : this.count();
  }

  /** Takes the last word as the id of a transaction. */
  lastCount(): number {
    return this.#number(this.#words.pop() ?? '');
  }

  /** Takes the next word if it is this keyword in upper or lower case. Returns whether it was. */
  skip(keyword: string): boolean {
    if (this.#words[0]?.toUpperCase() !== keyword) return false;
    this.#words.shift();
    return true;
  }

  rest(): string[] {
    if (this.#words.length === 0) throw this.misuse();
    return this.#words.splice(0);
  }

  end(): void {
    if (this.#words.length > 0) throw this.misuse();
  }

  misuse(): MemStoreError {
    return new MemStoreError('INVALID_OPTION', `The usage is ${this.#usage}`);
  }

  #number(word: string): number {
    const number = /^\d{1,15}$/.test(word) ? Number(word) : Number.NaN;
    if (Number.isNaN(number)) throw this.misuse();
    return number;
  }
}
