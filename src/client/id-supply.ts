import type { RawReply } from '../wire/reply-parser.ts';
import type { Word } from '../wire/request-writer.ts';
import { numberOf } from './read-reply.ts';

/** So few that the ids of a store stay small, and so many that hardly anybody has to wait for them. */
const AT_ONCE = 64;

/** Ids for transactions to come, which the server gives by the block, so that none has to wait for its own. */
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

  /** Whether there is none, and there will be some: not every store gives ids in advance. */
  get isWorthWaiting(): boolean {
    return this.#isOffered && this.#next === this.#end;
  }

  /** The next one; undefined when it would have to be waited for. */
  take(): number | undefined {
    return this.#next < this.#end ? this.#next++ : undefined;
  }

  /** Asks for more when the last one is used up. REQUIRES: its `BEGIN` is sent, since what is left is given up. */
  refill(): void {
    if (this.#next === this.#end) void this.more();
  }

  /** Waits for more, if there are any to come. Never rejects. */
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
