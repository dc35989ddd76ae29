import type { Socket } from 'node:net';
import type { Peer } from './connection-commands.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionMemory } from './connection-memory.ts';
import { Deadlines, HALF_CLOSED_MS, LINGER_MS, NO_PASSWORD, UNREAD } from './deadlines.ts';
import { RequestPipeline } from './request-pipeline.ts';
import type { ResolvedLimits } from './server-options.ts';

/**
 * - `open`: requests are read
 * - `draining`: no more requests are read; requests in flight still get their replies
 * - `closed`: the last reply is written or the socket is closed; further input is discarded
 */
type State = 'open' | 'draining' | 'closed';

/** The connection of one client. It reads and writes the socket, applies backpressure and handles the end. */
export class Connection implements Peer {
  readonly id: number;
  readonly address: string;
  name = '';
  /** True while the connection waits for the flusher, which sets it. */
  isQueued = false;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #remoteAddress: string | undefined;
  readonly #memory: ConnectionMemory;
  readonly pipeline: RequestPipeline;
  readonly #deadlines: Deadlines;
  #state: State = 'open';
  /** True if the client has sent a wrong password. */
  #hasGuessed = false;
  #reason = 'the client closed the connection';

  constructor(id: number, socket: Socket, host: ConnectionHost, isAuthenticated: boolean) {
    this.id = id;
    const { remoteAddress, remotePort } = socket;
    this.address = remoteAddress === undefined ? 'unix' : `${remoteAddress}:${remotePort}`;
    this.#socket = socket;
    this.#host = host;
    this.#remoteAddress = remoteAddress;
    this.#memory = new ConnectionMemory(host.buffered, host.limits.maxReplyBytes, this);
    this.pipeline = new RequestPipeline(this, host, this.#memory, isAuthenticated);
    this.#deadlines = new Deadlines(host.clock, (reason) => this.cut(reason));
    socket.on('data', (chunk: Buffer) => {
      this.pipeline.push(chunk);
      this.#read();
    });
    socket.on('drain', () => this.resumeReading());
    socket.on('end', () => this.#halfClose());
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('close', () => this.#onClose());
    if (!isAuthenticated) this.#deadlines.set(NO_PASSWORD, host.limits.authTimeout);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  // Used by connection commands

  get limits(): ResolvedLimits {
    return this.#host.limits;
  }

  authenticate(password: string): Promise<boolean> | undefined {
    return this.#host.password.isNeeded ? this.#logIn(password) : undefined;
  }

  async #logIn(password: string): Promise<boolean> {
    const isRight = await this.#host.password.accepts({
      password,
      address: this.#remoteAddress,
      isFirst: !this.#hasGuessed,
      isWaited: () => !this.isClosed,
      onWrong: () => {
        this.#hasGuessed = true;
        this.#host.tell({ type: 'auth-failed', connection: this.id, peer: this.address });
      },
    });
    if (!isRight) return false;
    this.pipeline.authenticate();
    this.#deadlines.clear(NO_PASSWORD);
    return true;
  }

  reset(): void {
    this.name = '';
    this.pipeline.reset();
  }

  hangUp(reason: string): void {
    this.#reason = reason;
    this.#drain();
  }

  info(): Promise<string> {
    return this.#host.info();
  }

  // Reading and writing

  get bufferedBytes(): number {
    return this.pipeline.bufferedBytes + unsentIn(this.#socket);
  }

  #read(): void {
    if (this.pipeline.isReading) return;
    const isAllRead = this.pipeline.read(this.#roomForReplies());
    if (isAllRead && this.#isHalfClosed) this.#drain();
    this.#memory.count();
    if (this.pipeline.hasReplies) this.flushSoon();
    this.#pauseOrResume();
    this.#endWhenAnswered();
  }

  /** Returns whether too many bytes of replies are unread, so that the server must stop reading requests. */
  get isBackedUp(): boolean {
    return this.pipeline.replyBytes > this.#roomForReplies();
  }

  #roomForReplies(): number {
    return roomIn(this.#socket, this.pipeline.gate.isAuthenticated ? this.#host.limits.maxOutputBytes : 0);
  }

  #mustWait(): boolean {
    return this.pipeline.mustWait || this.isBackedUp;
  }

  #pauseOrResume(): void {
    if (!this.isOpen) return;
    this.#deadlines.setWhile(this.isBackedUp, UNREAD, this.#host.limits.stalledTimeout);
    // The flush begins the next turn, in which the remaining requests run.
    if (this.pipeline.isTurnOver) this.flushSoon();
    const mustPause = this.#mustWait();
    if (mustPause === this.#socket.isPaused()) return;
    if (mustPause) this.#socket.pause();
    else this.#socket.resume();
  }

  resumeReading(): void {
    // The running call of `#read` continues by itself.
    if (this.pipeline.isReading) return;
    this.pipeline.resumeFeeds();
    this.#memory.count();
    if (this.#socket.isPaused() && !this.#mustWait()) {
      this.#read();
      return;
    }
    this.#pauseOrResume();
    this.#endWhenAnswered();
  }

  flushSoon(): void {
    this.#host.flusher.add(this);
  }

  /** Writes all replies of this turn with one system call. */
  flush(): void {
    this.pipeline.nextTurn();
    if (this.pipeline.hasReplies && this.#socket.writable) this.#socket.write(this.pipeline.takeReplies());
    this.resumeReading();
  }

  // Closing the connection

  /** Returns whether the client has closed its sending side. */
  get #isHalfClosed(): boolean {
    return this.#socket.readableEnded;
  }

  #halfClose(): void {
    // The client of this package reads no replies after it has closed its sending side.
    if (this.pipeline.isTagged) this.cut(this.#reason);
    else this.#read();
  }

  #drain(): void {
    if (this.isOpen) this.#state = 'draining';
  }

  /** Stops reading, and closes the connection once the requests in flight have their replies. */
  stop(reason: string): void {
    this.hangUp(reason);
    this.#endWhenAnswered();
  }

  /** Announces the end to a tagged client, lets requests in flight finish, and closes the connection. */
  close(): void {
    if (this.isOpen && this.pipeline.isTagged) {
      this.pipeline.announceClose();
      this.flushSoon();
    }
    this.pipeline.dropBarrier();
    this.stop('the server is closing');
  }

  /** Ends the waits and the transactions of the client, so that requests in flight soon get their replies. */
  abortTransactions(): void {
    this.pipeline.end();
  }

  #endWhenAnswered(): void {
    if (this.#isHalfClosed && !this.isClosed) this.#expectEnd();
    if (this.#state !== 'draining' || !this.pipeline.isIdle) return;
    this.#state = 'closed';
    this.flush();
    this.pipeline.end();
    this.#socket.end();
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    this.#deadlines.set(this.#reason, this.#host.limits.stalledTimeout);
    this.#socket.once('finish', () => this.#deadlines.set(this.#reason, LINGER_MS));
  }

  /**
   * Restarts the deadline for the end each time when replies are added or sent. A slow client that makes
   * progress is not cut off.
   */
  #expectEnd(): void {
    const isRead = this.#socket.writableLength === 0;
    this.#deadlines.set(this.#reason, isRead ? HALF_CLOSED_MS : this.#host.limits.stalledTimeout);
  }

  /** Closes the connection immediately, even if the client still waits for replies. */
  cut(reason: string): void {
    this.hangUp(reason);
    this.#socket.destroy();
  }

  #onClose(): void {
    this.#deadlines.clearAll();
    this.#state = 'closed';
    this.pipeline.end();
    this.#memory.end();
    this.#host.onEnd(this, this.#reason);
  }
}

/**
 * Returns the number of bytes that may still be written to a socket. The limit is at least the high-water
 * mark, because below that mark the socket emits no `drain`.
 */
function roomIn({ writableLength, writableHighWaterMark }: Socket, maxBytes: number): number {
  return Math.max(maxBytes, writableHighWaterMark) - writableLength;
}

/**
 * Returns the number of unsent bytes in a socket, or 0 if they are so few that the socket will emit no
 * `drain`.
 */
function unsentIn({ writableLength, writableHighWaterMark }: Socket): number {
  return writableLength > writableHighWaterMark ? writableLength : 0;
}
