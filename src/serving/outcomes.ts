import type { ErrorCode, MemStoreError } from '../contract/errors.ts';

/** The number of ended transactions whose outcome is kept. */
const REMEMBERED = 1_000;
/** The number of ages that are kept for retries. */
const AGES_REMEMBERED = 4_096;

/** The outcome of a transaction: an error code, or the whole error if only this server knows it. */
export type Outcome = ErrorCode | MemStoreError;

/** The outcomes of the last transactions of a connection, for replies to late commands. */
export class Outcomes {
  // Ring buffers: every end of a transaction writes to them, and only a command with an id that is not open
  // searches them.
  readonly #ids: number[] = [];
  readonly #outcomes: Outcome[] = [];
  #next = 0;
  /**
   * The ages of transactions that may be retried, by the ids of their attempts. The least recently used comes
   * first.
   */
  readonly #ages = new Map<number, number>();

  add(id: number, outcome: Outcome): void {
    const place = this.#next;
    this.#ids[place] = id;
    this.#outcomes[place] = outcome;
    this.#next = (place + 1) % REMEMBERED;
  }

  /** Stores an age under the id of an attempt, for later attempts at the same work on this connection. */
  keepAge(id: number, age: number): void {
    this.#ages.delete(id);
    this.#ages.set(id, age);
    if (this.#ages.size <= AGES_REMEMBERED) return;
    for (const oldest of this.#ages.keys()) {
      this.#ages.delete(oldest);
      break;
    }
  }

  /** Returns the age that is stored under an id, if any, and marks it as used. */
  ageOf(id: number): number | undefined {
    const age = this.#ages.get(id);
    if (age !== undefined) this.keepAge(id, age);
    return age;
  }

  /** Returns the outcome, or `undefined` if the transaction is unknown or ended too long ago. */
  outcomeOf(id: number): Outcome | undefined {
    const place = this.#ids.indexOf(id);
    return place < 0 ? undefined : this.#outcomes[place];
  }
}
