import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import { numberOf } from './read-reply.ts';

/** Few enough that the ids of a store stay small, and so many that callers rarely wait for them. */
const AT_ONCE = 64;

/** Ids for later transactions. The server gives them in blocks, so that no transaction waits for its own. */
export class IdSupply {
  readonly #request: (words: readonly Word[]) => Promise<RawReply>;
  #isOffered: boolean;
  #next = 0;
  #end = 0;
  #refill: Promise<void> | undefined;

  /** @param isOffered whether the server may give any. */
  constructor(isOffered: boolean, request: (words: readonly Word[]) => Promise<RawReply>) {
    this.#isOffered = isOffered;
    this.#request = request;
  }

  /** True if no id is left and the server may give more. Not every store gives ids in advance. */
  get isWorthWaiting(): boolean {
    return this.#isOffered && this.#next === this.#end;
  }

  /** Returns the next id, or `undefined` if the caller would have to wait for it. */
  take(): number | undefined {
    return this.#next < this.#end ? this.#next++ : undefined;
  }

  /** Asks for more after the last id. REQUIRES: its `BEGIN` is sent, since the server drops unused ids. */
  refill(): void {
    if (this.#next === this.#end) void this.more();
  }

  /** Waits for more ids, if the server gives any. Never rejects. */
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
