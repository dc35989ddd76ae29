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

/** The code that a request rejects with if the connection is lost before its answer. */
export type LossCode = Extract<ErrorCode, 'CONNECTION_LOST' | 'COMMIT_UNKNOWN'>;

/** A sender of requests whose success is not answered. */
export interface QuietSender {
  /** Called when one of its requests fails. */
  onQuietFailure(reply: ErrorReply): void;
}

/** The options of a link. */
export interface LinkOptions {
  readonly codec: ValueCodec;
  readonly clock: Clock;
  /** How long the server may be silent before it is pinged, in milliseconds. `Infinity` never pings. */
  readonly heartbeatMs: number;
}

/** A request that waits for its answer. */
interface Pending {
  readonly resolve: (reply: RawReply) => void;
  readonly reject: (reply: ErrorReply) => void;
  readonly lossCode: LossCode;
}

/** How long the last requests may take to leave when the link is closed. */
const FAREWELL_MS = 1_000;
/** At this many unsent bytes, requests are no longer sent quietly: the caller waits for an answer. */
const BACKED_UP_BYTES = 64 * 1024;

/**
 * The tagged requests over one connection, whose greeting is over. A link is never reopened: another one
 * takes the place of a lost link.
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
  readonly #quietSenders = new Map<number, QuietSender>();
  #lastTag = 0;
  #isClosing = false;
  /** The server has said that it reads no more. */
  #isDismissed = false;
  #error: MemStoreError | undefined;
  /** Called when the last pending request is answered. */
  #onIdle: () => void = () => {};
  /** Called once, when the link takes no more work: it is lost, or the server is about to close it. */
  onClosing: () => void = () => {};
  /** Called once, when the link is lost. */
  onLost: () => void = () => {};

  /** @param parser the parser of the greeting */
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
      isWaiting: () => this.#pending.size > 0,
      ping: () => this.tell(['PING']),
      onSilence: () => this.#lose('The server does not answer.'),
    });
    transport.listen({
      onBytes: (bytes) => this.#receive(bytes),
      onWritable: () => {
        // A server that reads is alive.
        this.#heartbeat.recordActivity();
        this.#queue.flush();
      },
      onLost: (message, cause) => this.#lose(message, cause),
    });
    transport.keepAlive(false);
  }

  /** The reason why the link is lost; `undefined` while it is not. */
  get error(): MemStoreError | undefined {
    return this.#error;
  }

  /** True if new work should go elsewhere. */
  get isClosing(): boolean {
    return this.#isClosing || this.#error !== undefined;
  }

  /**
   * Sends a request with the other calls of this tick. `onTag` is told its tag, by which it may be cancelled.
   * The promise rejects with an `ErrorReply`.
   */
  request(
    words: readonly Word[],
    lossCode: LossCode,
    head?: RequestHead,
    onTag?: (tag: number) => void,
  ): Promise<RawReply> {
    if (this.#error !== undefined) return Promise.reject(lostReply('CONNECTION_LOST', this.#error));
    // The server would never read it, and the caller learns that now.
    if (this.#isDismissed) return Promise.reject(lostReply('CONNECTION_LOST', dismissed()));
    const tag = ++this.#lastTag;
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#transport.keepAlive(true);
      this.#pending.set(tag, { resolve, reject, lossCode });
      this.#queue.add(tag, words, head);
      onTag?.(tag);
    });
  }

  /** Sends a request and ignores its answer. */
  tell(words: readonly Word[]): void {
    this.request(words, 'CONNECTION_LOST').catch(() => {});
  }

  /** Cancels a request that waits in a queue of the server. */
  cancel(tag: number): void {
    if (this.#error === undefined && this.#pending.has(tag)) this.tell(['CANCEL', tag]);
  }

  /** Cancels every waiting request without a transaction. */
  cancelOneShots(): void {
    if (this.#error === undefined) this.tell(['CANCEL', EVERY_TAG]);
  }

  /** True if quiet requests may be sent: the server will read them, and not too many bytes are unsent. */
  get takesQuiet(): boolean {
    return this.#hasQuiet && !this.isClosing && this.#queue.unsentBytes < BACKED_UP_BYTES;
  }

  /** Returns the tag for the quiet requests of a sender, until `removeQuietSender`. */
  addQuietSender(sender: QuietSender): number {
    const tag = ++this.#lastTag;
    this.#quietSenders.set(tag, sender);
    return tag;
  }

  /** Ignores the answers to the quiet requests of a sender from now on. */
  removeQuietSender(tag: number): void {
    this.#quietSenders.delete(tag);
  }

  /** Sends a request that is answered only if it fails. REQUIRES: `takesQuiet` */
  sendQuiet(tag: number, words: readonly Word[], head: RequestHead): void {
    this.#queue.add(tag, words, head);
  }

  /** Waits for pending requests, and closes. */
  async close(): Promise<void> {
    if (this.#error !== undefined) return;
    this.#isClosing = true;
    if (this.#pending.size > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    if (this.#error !== undefined) return;
    // A dead server does not take the bytes that are still to be sent.
    const timer = this.#clock.setTimer(() => this.#transport.destroy(), FAREWELL_MS, true);
    await this.#transport.end();
    this.#clock.clearTimer(timer);
  }

  /** Gives the connection up at once. */
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
      this.#lose('The server does not speak the protocol.', error);
    }
  }

  #settle(reply: RawReply): void {
    if (!Array.isArray(reply) || reply.length !== 2 || typeof reply[0] !== 'number')
      throw new MemStoreError('PROTOCOL', 'The server sent a reply without a tag.');
    const [tag, answer] = reply as [number, RawReply];
    if (tag === TAG_OF_THE_SERVER) {
      this.#isClosing = true;
      this.#isDismissed = true;
      this.onClosing();
      return;
    }
    const pending = this.#pending.get(tag);
    if (pending === undefined && answer instanceof RemoteError) {
      // If its transaction has ended meanwhile, there is no sender left.
      this.#quietSenders.get(tag)?.onQuietFailure(answer.reply);
      return;
    }
    if (pending === undefined)
      throw new MemStoreError('PROTOCOL', `The server answered a request ${tag} twice.`);
    this.#pending.delete(tag);
    if (this.#pending.size === 0) this.#becomeIdle();
    if (answer instanceof RemoteError) pending.reject(answer.reply);
    else pending.resolve(answer);
  }

  #becomeIdle(): void {
    this.#transport.keepAlive(false);
    this.#onIdle();
  }

  #lose(message: string, cause?: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = new MemStoreError('CONNECTION_LOST', message, cause === undefined ? {} : { cause });
    this.#heartbeat.stop();
    this.#transport.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, lossCode } of pending) reject(lostReply(lossCode, this.#error));
    this.#onIdle();
    this.onClosing();
    this.onLost();
  }
}

function dismissed(): MemStoreError {
  return new MemStoreError('CONNECTION_LOST', 'The server is closing, and reads no more requests.');
}

function lostReply(code: LossCode, error: MemStoreError): ErrorReply {
  const message =
    code === 'COMMIT_UNKNOWN'
      ? 'The connection was lost while the commit was under way: it may have happened or not.'
      : error.message;
  return { error: new MemStoreError(code, message, { cause: error.cause ?? error }), ended: true };
}
