import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { invalidTls } from '../arguments/tls-failure.ts';
import type { ResolvedConnectOptions } from '../client/connect-options.ts';
import { greet, type ServerLimits } from '../client/greet.ts';
import { messagePackCodec } from '../codecs/message-pack-codec.ts';
import { nodeFormat } from '../codecs/node-format.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import type { Clock, Timer } from '../contract/clock.ts';
import { type ErrorCode, MemStoreError } from '../contract/errors.ts';
import type { TlsSettings } from '../contract/tls-settings.ts';
import type { ErrorReply } from '../protocol/error-reply.ts';
import { OutputBuffer } from '../protocol/output-buffer.ts';
import { type RawReply, RemoteError, ReplyParser } from '../protocol/reply-parser.ts';
import { type RequestHead, type Word, writeRequest } from '../protocol/request-writer.ts';
import { IdSupply } from './id-supply.ts';

/** The code that a request rejects with if the connection is lost before its answer. */
export type Lost = Extract<ErrorCode, 'CONNECTION_LOST' | 'COMMIT_UNKNOWN'>;

/** A sender of requests whose success is not answered. */
export interface QuietSender {
  /** Called when one of its requests fails. */
  onQuietFailure(reply: ErrorReply): void;
}

/** A request that waits for its answer. */
interface Pending {
  readonly resolve: (reply: RawReply) => void;
  readonly reject: (reply: ErrorReply) => void;
  readonly lost: Lost;
}

const TAG_OF_THE_SERVER = 0;
const EVERY_TAG = 0;
const KEEP_ALIVE_MS = 30_000;
/** How long the last requests may take to leave when the link is closed. */
const FAREWELL_MS = 1_000;
const MOST_AT_ONCE = 1024 * 1024;
const READ_AT_ONCE = 64 * 1024;
/** At this many unsent bytes, requests are no longer sent quietly: the caller waits for an answer. */
const BACKED_UP_AT = 64 * 1024;

/** One connection to a server. It is never reopened: another link takes the place of a lost one. */
export class Link {
  readonly codec: ValueCodec = messagePackCodec(nodeFormat);
  readonly limits: ServerLimits;
  readonly ids: IdSupply;
  readonly #socket: Socket;
  readonly #parser: ReplyParser;
  readonly #output = new OutputBuffer();
  readonly #pending = new Map<number, Pending>();
  readonly #quietSenders = new Map<number, QuietSender>();
  readonly #clock: Clock;
  readonly #heartbeatMs: number;
  #heartbeat: Timer;
  /** The next bytes to send, already taken out of the output. */
  #rest: Buffer | undefined;
  #lastTag = 0;
  #isFlushing = false;
  #isClosing = false;
  /** The server has said that it reads no more. */
  #isDismissed = false;
  /** Whether the server sent or took anything since the last heartbeat. */
  #hasHeard = true;
  #error: MemStoreError | undefined;
  /** Called when the last pending request is answered. */
  #onIdle: () => void = () => {};
  /** Called once, when the link takes no more work: it is lost, or the server is about to close it. */
  onClosing: () => void = () => {};
  /** Called once, when the link is lost. */
  onLost: () => void = () => {};

  /**
   * Connects, proves who it is, and switches to tagged requests.
   * @throws {MemStoreError} CONNECTION_LOST, AUTH_REQUIRED, AUTH_FAILED, PROTOCOL, LIMIT_EXCEEDED
   */
  static async open(options: ResolvedConnectOptions, signal?: AbortSignal): Promise<Link> {
    const { target, tls } = options;
    const socket = tls === undefined ? connectPlainly(target) : dialTls(target, tls);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const parser = new ReplyParser();
    const limits = await greet(socket, parser, options, signal);
    return new Link(socket, parser, limits, options);
  }

  private constructor(
    socket: Socket,
    parser: ReplyParser,
    limits: ServerLimits,
    { clock, heartbeatMs }: ResolvedConnectOptions,
  ) {
    this.limits = limits;
    this.ids = new IdSupply(limits.quiet, (words) => this.request(words, 'CONNECTION_LOST'));
    this.#clock = clock;
    this.#heartbeatMs = heartbeatMs;
    this.#socket = socket;
    this.#parser = parser;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      // A server that reads is alive.
      this.#hasHeard = true;
      this.#flush();
    });
    socket.on('error', (cause) => this.#lose('The connection was lost.', cause));
    socket.on('close', () => this.#lose('The server closed the connection.', undefined));
    this.#awaitBeat();
    // Only a pending request keeps the process alive.
    socket.unref();
  }

  /** The reason why the link is lost; `undefined` while it is not. */
  get error(): MemStoreError | undefined {
    return this.#error;
  }

  /** Whether new work should go elsewhere. */
  get isClosing(): boolean {
    return this.#isClosing || this.#error !== undefined;
  }

  /**
   * Sends a request with the other calls of this tick. `onTag` is told its tag, by which it may be cancelled.
   * The promise rejects with an `ErrorReply`.
   */
  request(
    words: readonly Word[],
    lost: Lost,
    head?: RequestHead,
    onTag?: (tag: number) => void,
  ): Promise<RawReply> {
    if (this.#error !== undefined) return Promise.reject(lostReply('CONNECTION_LOST', this.#error));
    // The server would never read it, and the caller learns that now.
    if (this.#isDismissed) return Promise.reject(lostReply('CONNECTION_LOST', dismissed()));
    const tag = ++this.#lastTag;
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#socket.ref();
      this.#pending.set(tag, { resolve, reject, lost });
      this.#send(tag, head, words);
      onTag?.(tag);
    });
  }

  /** True if quiet requests may be sent: the server will read them, and not too many bytes are unsent. */
  get takesQuietly(): boolean {
    return (
      this.limits.quiet && !this.isClosing && this.#output.length + this.#socket.writableLength < BACKED_UP_AT
    );
  }

  /** Returns the tag for the quiet requests of a sender, until `forget`. */
  remember(sender: QuietSender): number {
    const tag = ++this.#lastTag;
    this.#quietSenders.set(tag, sender);
    return tag;
  }

  forget(tag: number): void {
    this.#quietSenders.delete(tag);
  }

  /** Sends a request that is answered only if it fails. REQUIRES: `takesQuietly` */
  quietly(tag: number, words: readonly Word[], head: RequestHead): void {
    this.#send(tag, head, words);
  }

  /** Cancels a request that waits in a queue of the server. */
  cancel(tag: number): void {
    if (this.#error === undefined && this.#pending.has(tag)) this.tell(['CANCEL', tag]);
  }

  /** Sends a request and ignores its answer. */
  tell(words: readonly Word[]): void {
    this.request(words, 'CONNECTION_LOST').catch(() => {});
  }

  /** Cancels every waiting request without a transaction. */
  cancelAlone(): void {
    if (this.#error === undefined) this.tell(['CANCEL', EVERY_TAG]);
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
    const destroy = (): void => void this.#socket.destroy();
    // A dead server does not take the bytes that are still to be sent.
    const timer = this.#clock.setTimer(destroy, FAREWELL_MS, true);
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end(destroy);
    });
    this.#clock.clearTimer(timer);
  }

  /** Gives the connection up at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #send(tag: number, head: RequestHead | undefined, words: readonly Word[]): void {
    writeRequest(this.#output, words, head, tag);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    // This runs after everything else in the current tick.
    process.nextTick(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    // While the server does not read, requests are kept here, where they still go out in one piece.
    while (!this.#socket.writableNeedDrain && this.#error === undefined) {
      if (this.#rest === undefined && this.#output.length === 0) return;
      const piece = this.#rest ?? this.#output.take();
      this.#rest = undefined;
      if (piece.length <= MOST_AT_ONCE) this.#socket.write(piece);
      else {
        // Smaller pieces show the heartbeat that a large one makes progress.
        this.#rest = piece.subarray(MOST_AT_ONCE);
        this.#socket.write(piece.subarray(0, MOST_AT_ONCE));
      }
    }
  }

  #receive(chunk: Buffer): void {
    this.#hasHeard = true;
    this.#parser.push(chunk);
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
    this.#socket.unref();
    this.#onIdle();
  }

  #awaitBeat(): void {
    if (this.#heartbeatMs === Number.POSITIVE_INFINITY) return;
    this.#heartbeat = this.#clock.setTimer(() => this.#beat(), this.#heartbeatMs, false);
  }

  #beat(): void {
    this.#awaitBeat();
    if (this.#pending.size === 0) this.#hasHeard = true;
    else if (this.#hasHeard) {
      this.#hasHeard = false;
      this.tell(['PING']);
    } else this.#lose('The server does not answer.', undefined);
  }

  #lose(message: string, cause: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = new MemStoreError('CONNECTION_LOST', message, cause === undefined ? {} : { cause });
    this.#clock.clearTimer(this.#heartbeat);
    this.#socket.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, lost } of pending) reject(lostReply(lost, this.#error));
    this.#onIdle();
    this.onClosing();
    this.onLost();
  }
}

function dismissed(): MemStoreError {
  return new MemStoreError('CONNECTION_LOST', 'The server is closing, and reads no more requests.');
}

function lostReply(code: Lost, error: MemStoreError): ErrorReply {
  const message =
    code === 'COMMIT_UNKNOWN'
      ? 'The connection was lost while the commit was under way: it may have happened or not.'
      : error.message;
  return { error: new MemStoreError(code, message, { cause: error.cause ?? error }), ended: true };
}

/** @throws {MemStoreError} INVALID_OPTION for invalid keys and certificates */
function dialTls(target: ResolvedConnectOptions['target'], tls: TlsSettings): Socket {
  try {
    return connectTls({ ...serverName(target), ...target, ...(tls as ConnectionOptions) });
  } catch (cause) {
    throw invalidTls(cause);
  }
}

/**
 * Connects a socket that reads into one buffer. By default a socket allocates 64 KiB for each read and keeps
 * a few bytes of them: collecting that garbage took a tenth of the time of a client. Runtimes without this
 * option emit `data` as usual.
 */
function connectPlainly(target: ResolvedConnectOptions['target']): Socket {
  const socket: Socket = connectTcp({
    ...target,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_AT_ONCE),
      callback: (length, buffer) => {
        socket.emit('data', Buffer.from(buffer.subarray(0, length)));
        return true;
      },
    },
  });
  return socket;
}

/** Returns the name that a certificate is checked against: the host, unless it is an address. */
function serverName(target: ResolvedConnectOptions['target']): { readonly servername?: string } {
  return 'host' in target && /[a-z]/i.test(target.host) && !target.host.includes(':')
    ? { servername: target.host }
    : {};
}
