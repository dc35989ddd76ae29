import { type Batch, type BatchResult, NO_MORE } from './batch.ts';

/** The part of a feed that its iterator uses. */
interface Feed {
  next(): Promise<BatchResult>;
  /** Ends the feed. Waiting calls resolve with `done: true`. */
  end(): void;
}

/** Ends the feeds of iterators that were abandoned. */
const abandoned = new FinalizationRegistry<Feed>((feed) => feed.end());

/**
 * The iterator that a caller of `watch` gets. The iterator references its feed, and the store references only
 * the feed. So an iterator that its caller abandons can be garbage-collected.
 */
export class ChangeIterator implements AsyncIterableIterator<Batch, undefined> {
  readonly #feed: Feed;
  #hasBegun = false;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<BatchResult> {
    if (!this.#hasBegun) abandoned.register(this, this.#feed, this.#feed);
    this.#hasBegun = true;
    return this.#feed.next();
  }

  return(): Promise<BatchResult> {
    this.#end();
    return Promise.resolve(NO_MORE);
  }

  throw(error?: unknown): Promise<BatchResult> {
    this.#end();
    return Promise.reject(error);
  }

  #end(): void {
    abandoned.unregister(this.#feed);
    this.#feed.end();
  }
}

/**
 * Returns the iterator of a feed with invalid arguments. Its first `next()` rejects, and then the iterator is
 * done.
 */
// biome-ignore lint/correctness/useYield: it only throws
export async function* refusedFeed(error: unknown): AsyncGenerator<Batch, undefined> {
  throw error;
}
