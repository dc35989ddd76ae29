import { messagePackCodec } from '../codecs/message-pack-codec.ts';
import { nodeFormat } from '../codecs/node-format.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import type { AnyBatch } from '../contract/changes.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Request } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import type { Reply } from '../protocol/reply.ts';
import { TAG_OF_THE_SERVER } from '../protocol/reserved-numbers.ts';
import { ListWriter, type RespStyle } from '../protocol/resp-writer.ts';
import { textCodec } from '../protocol/text-codec.ts';
import type { BatchSink } from '../serving/feeds.ts';
import { type Answer, type DataRequest, Session } from '../serving/session.ts';
import { CommandGate } from './command-gate.ts';
import { barriers, isAboutConnection, type Peer, runConnectionCommand } from './connection-commands.ts';
import type { ConnectionHost } from './connection-host.ts';
import type { ConnectionMemory } from './connection-memory.ts';
import { isLong, writeInTurns } from './long-reply.ts';
import { PendingRequests } from './pending-requests.ts';
import { ReplyQueue, type Slot } from './reply-queue.ts';
import { requestMemory } from './request-memory.ts';
import { RequestReader } from './request-reader.ts';
import { RequestTurn } from './request-turn.ts';
import { requestLimits } from './server-options.ts';

/** The part of a connection that its pipeline uses. */
interface PipelineOwner extends Peer {
  /** True while requests are read. */
  readonly isOpen: boolean;
  /** True if so many replies are unread that no batch of a feed may be added. */
  readonly isBackedUp: boolean;
  /** True if no more replies can be sent. */
  readonly isClosed: boolean;
  /**
   * Stops reading, because the input is not valid. The connection closes once the requests in flight have
   * their replies.
   */
  stop(reason: string): void;
  /** Schedules a write of the replies for the end of this turn. */
  flushSoon(): void;
  /** Resumes reading unless the connection must wait. */
  resumeReading(): void;
}

/** A barrier that waits for the replies to the earlier requests. */
interface WaitingBarrier {
  readonly request: Request;
  readonly tag: number | undefined;
  /** The size of the request, in bytes. */
  readonly size: number;
}

/** Runs the requests of one connection in order and collects the replies. It is independent of the socket. */
export class RequestPipeline implements BatchSink {
  readonly gate: CommandGate;
  readonly #owner: PipelineOwner;
  readonly #host: ConnectionHost;
  readonly #session: Session;
  readonly #requests: RequestReader;
  readonly #replies = new ReplyQueue();
  readonly #pending: PendingRequests;
  readonly #turn: RequestTurn;
  readonly #memory: ConnectionMemory;
  /** How replies are written. */
  #style: RespStyle;
  /** The codec of tagged requests. Set by `MUX` until its reply is written. */
  #nextCodec: ValueCodec | undefined;
  /**
   * The barrier that is running or waiting, if any. Later requests are not read before its reply is written.
   */
  #barrier: WaitingBarrier | 'running' | undefined;
  #isReading = false;

  constructor(
    owner: PipelineOwner,
    host: ConnectionHost,
    memory: ConnectionMemory,
    isAuthenticated: boolean,
  ) {
    const { limits } = host;
    this.#owner = owner;
    this.#host = host;
    this.#memory = memory;
    this.gate = new CommandGate(isAuthenticated);
    this.#style = { version: 2, codec: textCodec, tagged: false, maxReplyBytes: limits.maxReplyBytes };
    this.#requests = new RequestReader(requestLimits(limits, isAuthenticated), {
      codec: textCodec,
      maxKeyLength: limits.maxKeyLength,
    });
    this.#pending = new PendingRequests(limits);
    this.#turn = new RequestTurn(host.clock);
    this.#session = new Session(host, textCodec, memory, this);
  }

  // Requests

  push(chunk: Uint8Array): void {
    this.#requests.push(chunk);
  }

  get isReading(): boolean {
    return this.#isReading;
  }

  /** Returns whether this turn is used up, so that more requests run only in the next turn. */
  get isTurnOver(): boolean {
    return this.#turn.isOver;
  }

  /** Returns whether all requests that were read have their replies. */
  get isIdle(): boolean {
    return this.#pending.isEmpty;
  }

  /** Returns whether no further request may start now. */
  get mustWait(): boolean {
    if (!this.#owner.isOpen || this.#barrier !== undefined) return true;
    return this.#turn.isOver || this.#pending.isFull || this.#memory.mustWait;
  }

  /**
   * Starts requests as long as there are any, the connection need not wait, and at most `room` bytes of
   * replies are queued. Replies are written only at the end of the turn, so `room` does not change meanwhile.
   * Returns whether no complete request is left.
   */
  read(room: number): boolean {
    this.#isReading = true;
    this.#style = this.#memory.fit(this.#style);
    let isAllRead = false;
    while (!isAllRead && !this.mustWait && this.#replies.length <= room) isAllRead = !this.#readOne();
    this.#isReading = false;
    return isAllRead;
  }

  /** Starts the next request. Returns false if it is still incomplete. */
  #readOne(): boolean {
    const requests = this.#requests;
    let request: Request | undefined;
    try {
      request = requests.next();
      this.#replies.form = requests.form;
    } catch (error) {
      this.#refuse(error);
      return true;
    }
    if (request !== undefined) {
      this.#endFeedsOfLines();
      this.#take(request, requests.tag, requests.size);
      this.#turn.countRead(requests.size);
      return true;
    }
    if (requests.isPaused) this.#turn.checkTime();
    return requests.isPaused;
  }

  /** Ends the feeds of a connection of plain lines, because another line has come. */
  #endFeedsOfLines(): void {
    if (this.#requests.form === 'lines') this.#session.feeds.closeAll();
  }

  /** Replies with an error to a request that could not be parsed. */
  #refuse(error: unknown): void {
    const { tag, isLost, form } = this.#requests;
    const reply = errorReply(error);
    this.#replies.form = form;
    this.#endFeedsOfLines();
    const slot = this.#expectReply(tag, 0);
    this.#finish(slot, tag, reply, 0);
    if (isLost || reply.error.code === 'PROTOCOL') this.#owner.stop(reply.error.message);
  }

  #take(request: Request, tag: number | undefined, size: number): void {
    if (this.gate.isOpen && !isAboutConnection(request.command)) {
      this.#startOnData(request as DataRequest, tag, size);
      return;
    }
    const isBarrier = !this.gate.isAuthenticated || barriers.has(request.command.name);
    if (isBarrier && !this.#pending.isEmpty) {
      this.#barrier = { request, tag, size };
      return;
    }
    if (isBarrier) this.#barrier = 'running';
    this.#start(request, tag, size);
  }

  /** The fast path for data commands. A reply that is ready synchronously is written directly. */
  #startOnData(request: DataRequest, tag: number | undefined, size: number): void {
    const result = this.#session.execute(request, tag);
    if (result instanceof Promise) {
      if (tag !== undefined && this.#session.waitsForChanges(request)) {
        this.#turn.countWaiting();
        result.then((reply) => this.#answerFeed(tag, reply));
        return;
      }
      const memory = this.#requests.memory ?? requestMemory(request, size);
      const slot = this.#expectReply(tag, memory);
      this.#memory.count();
      result.then((reply) => this.#finishSoon(slot, tag, reply, memory));
    } else if (result === undefined) return;
    else if (tag === undefined) this.#replies.add(result, this.#style);
    else this.#replies.addTagged(tag, result, this.#style);
  }

  #start(request: Request, tag: number | undefined, size: number): void {
    const slot = this.#expectReply(tag, size);
    const result = this.#execute(request, tag);
    if (result instanceof Promise) result.then((reply) => this.#finishSoon(slot, tag, reply, size));
    else this.#finish(slot, tag, result, size);
  }

  /** Counts a request as pending. Reserves the place of its reply, unless it has a tag. */
  #expectReply(tag: number | undefined, bytes: number): Slot | undefined {
    this.#pending.add(bytes);
    this.#turn.countWaiting();
    return tag === undefined ? this.#replies.reserve() : undefined;
  }

  #execute(request: Request, tag: number | undefined): Answer | Promise<Answer> {
    const error = this.gate.refusalOf(request.command);
    // The client does not wait for the reply to a quiet command. So the refusal must end its transaction.
    if (error !== undefined && request.quiet && request.transactionId !== undefined)
      return this.#session.execute({ ...request, command: { name: 'REFUSED', error } }, tag);
    if (error !== undefined) return errorReply(error);
    if (!isAboutConnection(request.command)) return this.#session.execute(request as DataRequest, tag);
    return runConnectionCommand(this.#owner, request.command).catch((thrown: unknown) => errorReply(thrown));
  }

  // Replies

  /** Finishes a request with its reply. A long list is first written over several turns. */
  #finishSoon(slot: Slot | undefined, tag: number | undefined, reply: Answer, bytes: number): void {
    if (!isLong(reply, this.#replies)) this.#finish(slot, tag, reply, bytes);
    else
      writeInTurns(reply, this.#style, this.#replies, this.#memory, this.#host.clock).then((list) =>
        this.#finish(slot, tag, list, bytes),
      );
  }

  #finish(slot: Slot | undefined, tag: number | undefined, reply: Answer | ListWriter, bytes: number): void {
    this.#pending.remove(bytes);
    this.#send(slot, tag, reply);
  }

  /** Answers a request that waited for a batch of a feed. It never counted as pending. */
  #answerFeed(tag: number, reply: Answer): void {
    this.#send(undefined, tag, reply);
  }

  #send(slot: Slot | undefined, tag: number | undefined, reply: Answer | ListWriter): void {
    if (this.#owner.isClosed) return;
    this.#style = this.#memory.fit(this.#style);
    if (reply instanceof ListWriter) this.#replies.addList(slot, tag ?? TAG_OF_THE_SERVER, reply);
    else if (slot !== undefined && reply !== undefined) this.#replies.fill(slot, reply, this.#style);
    else if (reply !== undefined) this.#replies.addTagged(tag ?? TAG_OF_THE_SERVER, reply, this.#style);
    if (!this.#isReading) this.#owner.flushSoon();
    this.#switchToTags();
    if (this.#pending.isEmpty && this.#startBarrier()) return;
    this.#owner.resumeReading();
  }

  /** Starts the waiting barrier. Returns false if there is none. */
  #startBarrier(): boolean {
    const next = this.#barrier;
    if (typeof next !== 'object') {
      this.#barrier = undefined;
      return false;
    }
    this.#barrier = 'running';
    this.#start(next.request, next.tag, next.size);
    return true;
  }

  // Change feeds

  get delivery(): BatchSink['delivery'] {
    if (this.isTagged) return 'request';
    return this.version === 3 || this.#requests.form === 'lines' ? 'push' : 'none';
  }

  get hasRoom(): boolean {
    return !this.#owner.isClosed && !this.#owner.isBackedUp;
  }

  pushBatch(feed: number, reply: Reply, batch: AnyBatch | undefined): void {
    if (this.#owner.isClosed) return;
    this.#replies.add({ kind: 'push', feed, reply, batch }, this.#style);
    this.#owner.flushSoon();
  }

  /** Sends more batches. Called when the client may have read some. */
  resumeFeeds(): void {
    if (this.#session.feeds.isPushing) this.#session.feeds.resume();
  }

  /** Returns whether there are replies to take. */
  get hasReplies(): boolean {
    return !this.#replies.isEmpty;
  }

  /** Returns the bytes of queued replies, including those that wait for an earlier reply. */
  get replyBytes(): number {
    return this.#replies.length;
  }

  takeReplies(): Buffer {
    return this.#replies.take();
  }

  /** Begins a new turn of the event loop. */
  nextTurn(): void {
    this.#turn.restart();
  }

  // Protocol settings

  get version(): 2 | 3 {
    return this.#style.version;
  }

  set version(version: 2 | 3) {
    // A client of RESP 2 cannot read pushed batches.
    if (version === 2 && this.#session.feeds.isPushing) this.#session.feeds.closeAll();
    this.#style = { ...this.#style, version };
  }

  get isTagged(): boolean {
    return this.#requests.isTagged;
  }

  /** Allows all commands, after the client has sent the right password. */
  authenticate(): void {
    this.gate.authenticate();
    this.#requests.limits = requestLimits(this.#host.limits, true);
  }

  /**
   * Switches to tagged requests after the reply to this command.
   * @throws {MemStoreError} INVALID_OPTION
   */
  useTags(messagePack: boolean): void {
    if (this.#requests.form === 'lines')
      throw new MemStoreError(
        'INVALID_OPTION',
        'MUX needs requests as RESP arrays: plain lines cannot have tags.',
      );
    // Switch later: the reply to this command itself has no tag.
    this.#nextCodec = messagePack ? messagePackCodec(nodeFormat) : textCodec;
  }

  #switchToTags(): void {
    const codec = this.#nextCodec;
    if (codec === undefined) return;
    this.#session.feeds.closeAll();
    this.#requests.useTags(codec);
    this.#session.codec = codec;
    this.#style = { ...this.#style, codec, tagged: true };
    this.#nextCodec = undefined;
  }

  reset(): void {
    this.version = 2;
    this.gate.reset();
    this.#session.feeds.closeAll();
    this.#session.rollBackAll();
  }

  // Memory and closing

  /** Returns the memory that requests, replies, transactions and scans use, in bytes. */
  get bufferedBytes(): number {
    return this.#replies.length + this.#requests.unread + this.#pending.bytes + this.#session.keptBytes;
  }

  /** Tells the client that the server is closing. REQUIRES: requests are tagged. */
  announceClose(): void {
    this.#replies.addTagged(TAG_OF_THE_SERVER, { kind: 'status', text: 'CLOSING' }, this.#style);
  }

  /** Drops the waiting barrier, if any. */
  dropBarrier(): void {
    if (typeof this.#barrier === 'object') this.#barrier = 'running';
  }

  /** Ends the waits and the transactions of the client. */
  end(): void {
    this.#session.end();
  }
}
