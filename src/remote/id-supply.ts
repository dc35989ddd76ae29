import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import { numberOf } from './read-reply.ts';

/** The number of ids per block. With larger blocks callers wait less often, but ids grow faster. */
const AT_ONCE = 64;

/**
 * A supply of ids for new transactions. The server reserves ids in blocks, so that a new transaction rarely
 * waits for its id.
 */
export class IdSupply {
  readonly #request: (words: readonly Word[]) => Promise<RawReply>;
  #isOffered: boolean;
  #next = 0;
  #end = 0;
  #refill: Promise<void> | undefined;

  /** @param isOffered whether the server can reserve ids */
  constructor(isOffered: boolean, request: (words: readonly Word[]) => Promise<RawReply>) {
    this.#isOffered = isOffered;
    this.#request = request;
  }

  /** Returns whether no id is left and the server can reserve more. Some stores cannot reserve ids. */
  get isWorthWaiting(): boolean {
    return this.#isOffered && this.#next === this.#end;
  }

  /** Returns the next id, or `undefined` if none is left. */
  take(): number | undefined {
    return this.#next < this.#end ? this.#next++ : undefined;
  }

  /**
   * Requests more ids if the last id was taken. REQUIRES: the `BEGIN` with that id has been sent, because the
   * server drops unused ids.
   */
  refill(): void {
    if (this.#next === this.#end) void this.more();
  }

  /** Requests more ids if the server can reserve them, and waits for them. Never rejects. */
  more(): Promise<void> {
    if (!this.#isOffered) return Promise.resolve();
    this.#refill ??= this.#request(['RESERVE', AT_ONCE]).then(
      (reply) => {
        this.#next = numberOf(reply);
        this.#end = this.#next + AT_ONCE;
        this.#refill = undefined;
      },
      () => {
        this.#isOffered = false;
      },
    );
    return this.#refill;
  }
}
