import type { ValueCodec } from '../codecs/value-codec.ts';
import type { Clock } from '../contract/clock.ts';
import { type ErrorCode, MemStoreError } from '../contract/errors.ts';
import type { ErrorReply } from '../protocol/error-reply.ts';
import { type RawReply, RemoteError, type ReplyParser } from '../protocol/reply-parser.ts';
import type { RequestHead, Word } from '../protocol/request-writer.ts';
import { EVERY_TAG, TAG_OF_THE_SERVER } from '../protocol/reserved-numbers.ts';
import type { RequestLimits, ServerTerms } from './greeting.ts';
import { Heartbeat } from './heartbeat.ts';
import { IdSupply } from './id-supply.ts';
import { SendQueue } from './send-queue.ts';
import type { Transport } from './transport.ts';

/** The error code of a request whose connection is lost before the reply arrives. */
export type LossCode = Extract<ErrorCode, 'CONNECTION_LOST' | 'COMMIT_UNKNOWN'>;

/** A sender of quiet requests: the server replies to them only if they fail. */
export interface QuietSender {
  /** Called when one of its requests fails. */
  onQuietFailure(reply: ErrorReply): void;
}

/** The options of a link. */
export interface LinkOptions {
  readonly codec: ValueCodec;
  readonly clock: Clock;
  /** How long the server may be silent before it is pinged, in milliseconds. `Infinity` turns pings off. */
  readonly heartbeatMs: number;
}

/** A request that waits for its reply. */
interface Pending {
  readonly resolve: (reply: RawReply) => void;
  readonly reject: (reply: ErrorReply) => void;
  readonly lossCode: LossCode;
}

/** When a link is closed, unsent requests may still be sent for this time. */
const FAREWELL_MS = 1_000;
/**
 * With this many unsent bytes, the link takes no quiet requests. Callers then wait for replies instead, which
 * slows them down to the speed of the server.
 */
const BACKED_UP_BYTES = 64 * 1024;

/**
 * The state of a link: `closing` once its owner closes it, `dismissed` once the server has announced that it
 * reads no more requests, and the error that it was lost with.
 */
type LinkState = 'open' | 'closing' | 'dismissed' | MemStoreError;

/**
 * Sends tagged requests over one connection after the greeting, and matches the replies to them. A lost link
 * is never reopened: a new link replaces it.
 */
export class Link {
  readonly codec: ValueCodec;
  readonly limits: RequestLimits;
  readonly ids: IdSupply;
  readonly #hasQuiet: boolean;
  readonly #transport: Transport;
  readonly #parser: ReplyParser;
  readonly #queue: SendQueue;
  readonly #heartbeat: Heartbeat;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  /** The requests that wait for batches of change feeds. */
  readonly #watching = new Map<number, Pending>();
  readonly #quietSenders = new Map<number, QuietSender>();
  #lastTag = 0;
  #state: LinkState = 'open';
  /** Called when no request is pending any more. */
  #onIdle: () => void = () => {};
  /**
   * Called when the link takes no more work, because the server is about to close it or it is lost. Called
   * twice if both happen.
   */
  onClosing: () => void = () => {};
  /** Called once, when the link is lost. */
  onLost: () => void = () => {};

  /** @param parser the parser of the greeting, which may already hold later bytes */
  constructor(transport: Transport, parser: ReplyParser, terms: ServerTerms, options: LinkOptions) {
    const { limits, hasQuiet } = terms;
    this.codec = options.codec;
    this.limits = limits;
    this.ids = new IdSupply(hasQuiet, (words) => this.request(words, 'CONNECTION_LOST'));
    this.#hasQuiet = hasQuiet;
    this.#transport = transport;
    this.#parser = parser;
    this.#queue = new SendQueue(transport);
    this.#clock = options.clock;
    this.#heartbeat = new Heartbeat(options.clock, options.heartbeatMs, {
      isWaiting: () => this.#pending.size > 0 || this.#watching.size > 0,
      ping: () => this.tell(['PING']),
      onSilence: () =>
        this.#lose(`The server did not answer a ping within ${options.heartbeatMs} ms (heartbeat).`),
    });
    transport.listen({
      onBytes: (bytes) => this.#receive(bytes),
      onWritable: () => {
        // A writable socket shows that the server reads, so it is alive.
        this.#heartbeat.recordActivity();
        this.#queue.flush();
      },
      onLost: (message, cause) => this.#lose(message, cause),
    });
    transport.keepAlive(false);
  }

  /** The reason why the link was lost, or `undefined` while it works. */
  get error(): MemStoreError | undefined {
    return this.#state instanceof MemStoreError ? this.#state : undefined;
  }

  /** Returns whether new work must use another link. */
  get isClosing(): boolean {
    return this.#state !== 'open';
  }

  /**
   * Sends a request together with the other requests of this tick. The promise rejects with an `ErrorReply`.
   * `onTag` receives the tag of the request, which `cancel` takes.
   */
  request(
    words: readonly Word[],
    lossCode: LossCode,
    head?: RequestHead,
    onTag?: (tag: number) => void,
  ): Promise<RawReply> {
    // If the server reads no more requests, fail now and not when the connection closes.
    if (this.#state !== 'open' && this.#state !== 'closing')
      return Promise.reject(lostReply('CONNECTION_LOST', this.error ?? dismissed()));
    const tag = ++this.#lastTag;
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#transport.keepAlive(true);
      this.#pending.set(tag, { resolve, reject, lossCode });
      this.#queue.add(tag, words, head);
      onTag?.(tag);
    });
  }

  /**
   * Sends a request that may wait for ever. It does not keep the process alive, and `close` does not wait for
   * its reply.
   */
  requestChanges(words: readonly Word[]): Promise<RawReply> {
    if (this.#state !== 'open' && this.#state !== 'closing')
      return Promise.reject(lostReply('CONNECTION_LOST', this.error ?? dismissed()));
    const tag = ++this.#lastTag;
    return new Promise((resolve, reject) => {
      this.#watching.set(tag, { resolve, reject, lossCode: 'CONNECTION_LOST' });
      this.#queue.add(tag, words, undefined);
    });
  }

  /** Sends a request and ignores its reply. */
  tell(words: readonly Word[]): void {
    this.request(words, 'CONNECTION_LOST').catch(() => {});
  }

  /** Cancels a request that waits on the server, for example for a lock. */
  cancel(tag: number): void {
    if (this.error === undefined && this.#pending.has(tag)) this.tell(['CANCEL', tag]);
  }

  /** Cancels all waiting requests outside transactions. */
  cancelOneShots(): void {
    if (this.error === undefined) this.tell(['CANCEL', EVERY_TAG]);
  }

  /**
   * Returns whether quiet requests may be sent. They may if the server supports them, the link is not closing
   * and few bytes are unsent.
   */
  get takesQuiet(): boolean {
    return this.#hasQuiet && !this.isClosing && this.#queue.unsentBytes < BACKED_UP_BYTES;
  }

  /**
   * Registers a sender and returns the tag for its quiet requests. The tag is valid until
   * `removeQuietSender`.
   */
  addQuietSender(sender: QuietSender): number {
    const tag = ++this.#lastTag;
    this.#quietSenders.set(tag, sender);
    return tag;
  }

  /** Removes a sender. Later error replies to its quiet requests are ignored. */
  removeQuietSender(tag: number): void {
    this.#quietSenders.delete(tag);
  }

  /** Sends a request to which the server replies only if it fails. REQUIRES: `takesQuiet` */
  sendQuiet(tag: number, words: readonly Word[], head: RequestHead): void {
    this.#queue.add(tag, words, head);
  }

  /** Waits for the replies to pending requests, then closes the connection. */
  async close(): Promise<void> {
    if (this.error !== undefined) return;
    if (this.#state === 'open') this.#state = 'closing';
    if (this.#pending.size > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    if (this.error !== undefined) return;
    // A dead server never reads the unsent bytes, so the wait for them has a limit.
    const timer = this.#clock.setTimer(() => this.#transport.destroy(), FAREWELL_MS, true);
    await this.#transport.end();
    this.#clock.clearTimer(timer);
  }

  /** Closes the connection immediately. Pending requests reject. */
  destroy(): void {
    this.#transport.destroy();
  }

  #receive(bytes: Uint8Array): void {
    this.#heartbeat.recordActivity();
    this.#parser.push(bytes);
    try {
      for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next())
        this.#settle(reply);
    } catch (error) {
      this.#lose('The server sent bytes that are not valid in the protocol.', error);
    }
  }

  #settle(reply: RawReply): void {
    if (!Array.isArray(reply) || reply.length !== 2 || typeof reply[0] !== 'number')
      throw new MemStoreError('PROTOCOL', 'The server sent a reply without a tag.');
    const [tag, answer] = reply as [number, RawReply];
    if (tag === TAG_OF_THE_SERVER) {
      if (this.error === undefined) this.#state = 'dismissed';
      this.onClosing();
      return;
    }
    const pending = this.#pending.get(tag) ?? this.#watching.get(tag);
    if (pending === undefined && answer instanceof RemoteError) {
      // The sender is removed when its transaction ends, so there may be none.
      this.#quietSenders.get(tag)?.onQuietFailure(answer.reply);
      return;
    }
    if (pending === undefined)
      throw new MemStoreError(
        'PROTOCOL',
        `The server sent a reply for tag ${tag}, but no request is pending with it.`,
      );
    if (!this.#watching.delete(tag)) this.#forget(tag);
    if (answer instanceof RemoteError) pending.reject(answer.reply);
    else pending.resolve(answer);
  }

  #forget(tag: number): void {
    this.#pending.delete(tag);
    if (this.#pending.size > 0) return;

    this.#transport.keepAlive(false);
    this.#onIdle();
  }

  #lose(message: string, cause?: unknown): void {
    if (this.error !== undefined) return;
    const error = new MemStoreError('CONNECTION_LOST', message, cause === undefined ? {} : { cause });
    this.#state = error;
    this.#heartbeat.stop();
    this.#transport.destroy();
    const pending = [...this.#pending.values(), ...this.#watching.values()];
    this.#pending.clear();
    this.#watching.clear();
    for (const { reject, lossCode } of pending) reject(lostReply(lossCode, error));
    this.#onIdle();
    this.onClosing();
    this.onLost();
  }
}

function dismissed(): MemStoreError {
  return new MemStoreError('CONNECTION_LOST', 'The server is closing and reads no more requests.');
}

function lostReply(code: LossCode, error: MemStoreError): ErrorReply {
  const message =
    code === 'COMMIT_UNKNOWN'
      ? 'The connection was lost during the commit. The writes may or may not have been committed.'
      : error.message;
  return { error: new MemStoreError(code, message, { cause: error.cause ?? error }), ended: true };
}
