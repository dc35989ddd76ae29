import type { ErrorCode, MemStoreError } from '../contract/errors.ts';

/** The number of ended transactions that are remembered. */
const REMEMBERED = 1_000;
/** The number of ages that are kept for work that is retried. */
const AGES_REMEMBERED = 4_096;

/** The outcome of a transaction: a code, or the error if the store does not know of it. */
export type Outcome = ErrorCode | MemStoreError;

/** The outcomes of the last transactions of a connection, for later commands. */
export class Outcomes {
  // Rings, because they are written at every end, and searched only for an id that is not open.
  readonly #ids: number[] = [];
  readonly #outcomes: Outcome[] = [];
  #next = 0;
  /**
   * The ages of transactions that may be retried, by the ids of their attempts, the least recently used
   * first.
   */
  readonly #ages = new Map<number, number>();

  add(id: number, outcome: Outcome): void {
    const place = this.#next;
    this.#ids[place] = id;
    this.#outcomes[place] = outcome;
    this.#next = (place + 1) % REMEMBERED;
  }

  /** Keeps an age under the id of an attempt, for later attempts at the same work on this connection. */
  keepAge(id: number, age: number): void {
    this.#ages.delete(id);
    this.#ages.set(id, age);
    if (this.#ages.size <= AGES_REMEMBERED) return;
    for (const oldest of this.#ages.keys()) {
      this.#ages.delete(oldest);
      break;
    }
  }

  /** Returns the age that is kept under an id, or `undefined`, and marks it as used. */
  ageOf(id: number): number | undefined {
    const age = this.#ages.get(id);
    if (age !== undefined) this.keepAge(id, age);
    return age;
  }

  /** Returns the outcome, or `undefined` for a transaction that was never here or has ended long since. */
  outcomeOf(id: number): Outcome | undefined {
    const place = this.#ids.indexOf(id);
    return place < 0 ? undefined : this.#outcomes[place];
  }
}
