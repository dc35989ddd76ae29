import type { WatchRequest } from '../arguments/watch-options.ts';
import { NO_MORE } from '../changes/batch.ts';
import { WaitingCalls } from '../changes/waiting-calls.ts';
import type { AnyBatch, ResyncReason } from '../contract/changes.ts';
import { MemStoreError } from '../contract/errors.ts';
import { abortedBy } from '../lifecycle/cancellation.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import { NO_CURSOR } from '../protocol/reserved-numbers.ts';
import { errorOf } from './call.ts';
import type { Link } from './link.ts';
import { batchOf, feedPageOf } from './read-batch.ts';
import { type FeedStart, feedWords } from './request-words.ts';

/** The part of a store that its feeds use. */
export interface FeedHost {
  /** The feeds that have begun but have not ended. */
  readonly feeds: Set<RemoteFeed>;
  /**
   * Returns the link, if there is one.
   * @throws {MemStoreError} STORE_CLOSED
   */
  linkNow(): Link | undefined;
  /** Waits for a link. */
  linkLater(signal: AbortSignal | undefined): Promise<Link>;
}

type BatchResult = IteratorResult<AnyBatch, undefined>;

/** The number of batches that one request asks for. */
const CREDIT = 256;

/**
 * A feed of the changes of a served store. One request for the next batches is always pending, unless the
 * consumer has batches left to read. When the connection is lost, the feed resumes on the next connection,
 * after the last received batch.
 */
export class RemoteFeed {
  readonly #host: FeedHost;
  readonly #request: WatchRequest;
  #state: 'new' | 'open' | 'failed' | 'ended' = 'new';
  readonly #calls = new WaitingCalls<AnyBatch>();
  /** The received batches that no call has taken. */
  #batches: AnyBatch[] = [];
  #link: Link | undefined;
  /** The number of the feed on the server; undefined until the server has sent it. */
  #number: number | undefined;
  /** How the feed on the server started. Undefined after its first batch has arrived. */
  #opening: FeedStart | undefined;
  /** True if the feed on the server yields a snapshot after each `resync`. */
  #hasSnapshots = false;
  #isAsking = false;
  /** The revision of the last received batch. */
  #revision: string | undefined;
  /** True if the last received batch is a part of a snapshot, and more parts follow. */
  #isInSnapshot = false;
  #failure: unknown;

  constructor(host: FeedHost, request: WatchRequest) {
    this.#host = host;
    this.#request = request;
  }

  next(): Promise<BatchResult> {
    if (this.#state === 'ended') return Promise.resolve(NO_MORE);
    const next = this.#calls.add();
    if (this.#state === 'new') this.#begin();
    this.#deliver();
    return next;
  }

  end(): void {
    if (this.#state === 'ended') return;
    this.#release();
    this.#state = 'ended';
    this.#batches = [];
    this.#calls.end();
  }

  /** Ends the feed with an error, after the batches that it has received. */
  close(error: MemStoreError): void {
    this.#fail(error);
  }

  // Opening

  #begin(): void {
    const { signal } = this.#request;
    this.#state = 'open';
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener('abort', this.#onAbort);
    this.#host.feeds.add(this);
    try {
      const link = this.#host.linkNow();
      if (link === undefined) this.#connect();
      else this.#open(link, { kind: 'first' });
    } catch (error) {
      this.#fail(error);
    }
  }

  readonly #onAbort = (): void => {
    this.#batches = [];
    this.#fail(abortedBy(this.#request.signal, 'feed'));
  };

  /** Waits for a link, and opens the feed on it after the last received batch. */
  #connect(): void {
    this.#link = undefined;
    this.#number = undefined;
    this.#host.linkLater(this.#request.signal).then(
      (link) => this.#open(link, this.#nextStart()),
      (error: unknown) => this.#fail(error),
    );
  }

  #nextStart(): FeedStart {
    if (this.#revision === undefined) return { kind: 'first' };
    // A snapshot that was interrupted cannot be continued.
    if (this.#isInSnapshot) return { kind: 'gap', reason: 'reconnect' };
    return { kind: 'resume', revision: this.#revision };
  }

  #open(link: Link, start: FeedStart): void {
    if (this.#state !== 'open') return;
    this.#link = link;
    this.#number = undefined;
    this.#opening = start;
    this.#hasSnapshots = this.#request.initial && start.kind !== 'resume';
    try {
      this.#send(link, feedWords(this.#request, start));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Opens the feed anew, because changes were lost. */
  #reopen(reason: ResyncReason): void {
    const link = this.#link;
    this.#closeOnServer();
    if (link !== undefined) this.#open(link, { kind: 'gap', reason });
  }

  // Requests and replies

  #ask(): void {
    if (this.#isAsking || this.#number === undefined || this.#link === undefined) return;
    if (this.#state !== 'open' || this.#batches.length > 0) return;
    // In mode `latest`, read one batch at a time, because the server cannot merge batches that were read
    // ahead.
    const credit = this.#request.mode === 'latest' ? 1 : CREDIT;
    this.#send(this.#link, ['NEXT', this.#number, credit]);
  }

  #send(link: Link, words: readonly Word[]): void {
    this.#isAsking = true;
    link.requestChanges(words).then(
      (reply) => {
        this.#isAsking = false;
        this.#receive(reply, link);
      },
      (thrown: unknown) => {
        this.#isAsking = false;
        this.#onRefused(errorOf(thrown), link);
      },
    );
  }

  #receive(reply: RawReply, link: Link): void {
    try {
      const { number, batches } = feedPageOf(reply);
      if (number !== NO_CURSOR) this.#number = number;
      if (this.#state !== 'open') {
        // The feed ended before its number was known.
        this.#closeOnServer();
        return;
      }
      if (number === NO_CURSOR) throw new MemStoreError('ABORTED', 'The server has closed the feed.');
      for (const batch of batches) if (!this.#accept(batchOf(batch, link))) break;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#deliver();
  }

  /** Takes a received batch. Returns false if the caller must ignore the batches after it. */
  #accept(batch: AnyBatch): boolean {
    if (batch.type === 'resync' && this.#request.initial && !this.#hasSnapshots) {
      this.#reopen(batch.reason);
      return false;
    }
    const start = this.#opening;
    this.#opening = undefined;
    this.#revision = batch.revision;
    if (batch.type === 'snapshot') this.#isInSnapshot = !batch.last;
    else if (batch.type === 'resync') this.#isInSnapshot = false;
    // The consumer has already received a start.
    const isRepeated = batch.type === 'start' && start !== undefined && start.kind !== 'first';
    if (start?.kind === 'gap')
      this.#batches.push({ type: 'resync', revision: batch.revision, reason: start.reason });
    if (!isRepeated) this.#batches.push(batch);
    return true;
  }

  #onRefused(error: unknown, link: Link): void {
    if (this.#state !== 'open') return;
    const code = error instanceof MemStoreError ? error.code : undefined;
    if (code === 'CONNECTION_LOST' && link.isClosing) this.#connect();
    else if (code === 'REVISION_UNKNOWN' && this.#opening?.kind === 'resume') this.#reopen('reconnect');
    // The server keeps a feed whose page does not fit. So `#fail` closes it there.
    else this.#fail(error);
  }

  #deliver(): void {
    while (!this.#calls.isEmpty && this.#batches.length > 0)
      this.#calls.deliver(this.#batches.shift() as AnyBatch);
    if (this.#state === 'failed' && this.#batches.length === 0) this.#rejectNext();
    else this.#ask();
  }

  // The end

  #fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#release();
    this.#state = 'failed';
    this.#failure = error;
    this.#deliver();
  }

  /** Rejects the first call that waits, and ends the feed. */
  #rejectNext(): void {
    if (this.#calls.reject(this.#failure)) this.end();
  }

  #release(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#host.feeds.delete(this);
    this.#closeOnServer();
  }

  #closeOnServer(): void {
    if (this.#number !== undefined) this.#link?.tell(['CLOSECURSOR', this.#number]);
    this.#number = undefined;
  }
}
