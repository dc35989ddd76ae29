import type { ErrorCode, MemStoreError } from '../errors.ts';

/** So many are remembered. */
const REMEMBERED = 1_000;

/** How a transaction ended: a code, or the error where the store does not know of it. */
export type End = ErrorCode | MemStoreError;

/** How the last transactions of a connection ended, so that a later command learns of it. Nothing else of them is kept. */
export class EndedTransactions {
  // Rings: they are written at every end, and searched only for an id that is not open.
  readonly #ids: number[] = [];
  readonly #ends: End[] = [];
  #next = 0;
  /** The ages of those of them that may be tried again, where it is not the id. */
  readonly #ages = new Map<number, number>();

  add(id: number, end: End): void {
    const place = this.#next;
    if (this.#ages.size > 0) this.#ages.delete(this.#ids[place] ?? 0);
    this.#ids[place] = id;
    this.#ends[place] = end;
    this.#next = (place + 1) % REMEMBERED;
  }

  /** Corrects what is remembered of one, if it still is. */
  correct(id: number, code: ErrorCode): void {
    const place = this.#ids.indexOf(id);
    if (place >= 0) this.#ends[place] = code;
  }

  setAge(id: number, age: number): void {
    this.#ages.set(id, age);
  }

  ageOf(id: number): number | undefined {
    return this.#ages.get(id);
  }

  /** Undefined for one that was never here, or has ended long since. */
  endOf(id: number): End | undefined {
    const place = this.#ids.indexOf(id);
    return place < 0 ? undefined : this.#ends[place];
  }
}
