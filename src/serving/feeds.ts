import type { ValueCodec } from '../codecs/value-codec.ts';
import type { AnyBatch } from '../contract/changes.ts';
import type { DirectStore } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { DataCommand } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import { integer, list, type Reply } from '../protocol/reply.ts';
import { NO_CURSOR } from '../protocol/reserved-numbers.ts';
import type { EncodedBatch } from './batch-encoder.ts';
import { ServedFeed } from './served-feed.ts';
import type { SessionHost, SessionMemory } from './session-host.ts';

/** The estimated memory of an open feed without the changes that it holds. */
const FEED_BYTES = 4_096;
/** The default `maxBufferedBytes` of a feed, the same as that of `watch`. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** How the batches of a connection's feeds reach the client. */
export interface BatchSink {
  /**
   * `request`: each `NEXT` gets a page. `push`: the server sends each batch by itself. `none`: the client
   * supports neither form.
   */
  readonly delivery: 'request' | 'push' | 'none';
  /** True if another batch may be queued for the client. */
  readonly hasRoom: boolean;
  /**
   * Queues a batch of a feed, or the error that ended it. `batch` is undefined for an error.
   * @throws {MemStoreError} LIMIT_EXCEEDED or INVALID_VALUE if the batch cannot be sent
   */
  pushBatch(feed: number, reply: Reply, batch: AnyBatch | undefined): void;
}

/** The open change feeds of one connection. */
export class Feeds {
  readonly #byNumber = new Map<number, ServedFeed>();
  /** The feeds whose batches the server sends by itself, and whether a batch of them is being read. */
  readonly #pushed = new Map<number, { readonly feed: ServedFeed; isReading: boolean }>();
  readonly #store: DirectStore;
  readonly #host: SessionHost;
  readonly #memory: SessionMemory;
  readonly #sink: BatchSink;
  readonly #takeNumber: () => number;
  /** The estimated bytes of the changes that the store holds for the feeds. */
  #bufferedBytes = 0;

  constructor(
    store: DirectStore,
    host: SessionHost,
    memory: SessionMemory,
    sink: BatchSink,
    takeNumber: () => number,
  ) {
    this.#store = store;
    this.#host = host;
    this.#memory = memory;
    this.#sink = sink;
    this.#takeNumber = takeNumber;
  }

  /** Returns the bytes that all feeds of the connection use. */
  get bytes(): number {
    return this.#byNumber.size * FEED_BYTES + this.#bufferedBytes;
  }

  /** Returns whether the server sends batches by itself. */
  get isPushing(): boolean {
    return this.#pushed.size > 0;
  }

  has(number: number): boolean {
    return this.#byNumber.has(number);
  }

  /**
   * Opens a feed. The store begins it before this method returns, so that the feed includes the changes of
   * every later command.
   * @throws {MemStoreError} LIMIT_EXCEEDED, UNKNOWN_COMMAND, INVALID_OPTION; also as rejections, with the
   * errors of the feed
   */
  open(
    { range, options }: Extract<DataCommand, { readonly name: 'CHANGES' }>,
    codec: ValueCodec,
  ): Promise<Reply> {
    const { maxFeeds, maxReplyBytes } = this.#host.limits;
    if (this.#sink.delivery === 'none')
      throw new MemStoreError(
        'INVALID_OPTION',
        'CHANGES needs RESP 3 or tagged requests: send HELLO 3 or MUX 1.',
      );
    if (this.#byNumber.size >= maxFeeds)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `A connection may have at most ${maxFeeds} open change feeds (maxFeeds).`,
      );
    // A larger batch could not be sent.
    const { maxBufferedBytes = MAX_BUFFERED_BYTES } = options;
    const limited = { ...options, maxBufferedBytes: Math.min(maxBufferedBytes, maxReplyBytes) };
    const batches = this.#store.watch(range, limited, (bytes) => this.#count(feed, bytes));
    const feed = new ServedFeed(batches, codec, maxReplyBytes);
    const number = this.#takeNumber();
    this.#byNumber.set(number, feed);
    return this.#begin(number, feed);
  }

  async #begin(number: number, feed: ServedFeed): Promise<Reply> {
    const page = await this.#read(number, feed, 1);
    if (this.#sink.delivery === 'request') return pageOf(number, feed, page);
    if (feed.isEnded) throw new MemStoreError('ABORTED', 'The feed was closed before its first batch.');
    this.#pushed.set(number, { feed, isReading: false });
    try {
      // The sink queues these batches after the reply.
      this.#pushAll(number, page);
    } catch (error) {
      this.close(number);
      throw error;
    }
    this.resume();
    return integer(number);
  }

  /**
   * Waits for the next batches of a feed, at most `credit`. If the feed has been closed, the page has no
   * cursor.
   */
  async next(number: number, credit: number): Promise<Reply> {
    const feed = this.#byNumber.get(number);
    if (feed === undefined || this.#pushed.has(number))
      throw new MemStoreError('INVALID_OPTION', `The server sends the batches of feed ${number} by itself.`);
    if (feed.isReading)
      throw new MemStoreError('LIMIT_EXCEEDED', `Another NEXT of feed ${number} is still pending.`);
    return pageOf(number, feed, await this.#read(number, feed, credit));
  }

  async #read(number: number, feed: ServedFeed, maxBatches: number): Promise<EncodedBatch[]> {
    try {
      const page = await feed.read(maxBatches);
      if (feed.isEnded) this.close(number);
      return page;
    } catch (error) {
      this.close(number);
      throw error;
    }
  }

  /** Sends batches as long as the client reads them. Called when the connection may have room again. */
  resume(): void {
    for (const [number, pushed] of this.#pushed)
      if (!pushed.isReading && this.#sink.hasRoom) {
        pushed.isReading = true;
        void this.#pump(number, pushed.feed).then(() => {
          pushed.isReading = false;
        });
      }
  }

  async #pump(number: number, feed: ServedFeed): Promise<void> {
    try {
      while (this.#sink.hasRoom && !feed.isEnded) this.#pushAll(number, await this.#read(number, feed, 1));
    } catch (error) {
      this.close(number);
      this.#sink.pushBatch(number, errorReply(error), undefined);
    }
  }

  #pushAll(number: number, page: readonly EncodedBatch[]): void {
    if (this.#byNumber.has(number))
      for (const { reply, batch } of page) this.#sink.pushBatch(number, reply, batch);
  }

  #count(feed: ServedFeed, bytes: number): void {
    if (feed.isEnded) return;
    this.#bufferedBytes += bytes - feed.bufferedBytes;
    feed.bufferedBytes = bytes;
    this.#memory.count();
  }

  close(number: number): void {
    const feed = this.#byNumber.get(number);
    if (feed === undefined) return;
    this.#count(feed, 0);
    this.#byNumber.delete(number);
    this.#pushed.delete(number);
    feed.close();
  }

  closeAll(): void {
    for (const number of this.#byNumber.keys()) this.close(number);
  }
}

function pageOf(number: number, feed: ServedFeed, page: readonly EncodedBatch[]): Reply {
  const cursor = feed.isEnded ? NO_CURSOR : number;
  return list([integer(cursor), list(page.map(({ reply }) => reply))]);
}
