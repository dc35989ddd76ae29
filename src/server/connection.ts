import type { Socket } from 'node:net';
import { messagePackCodec } from '../codecs/message-pack-codec.ts';
import { nodeFormat } from '../codecs/node-format.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Request } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import { ListWriter, type RespStyle } from '../protocol/resp-writer.ts';
import { textCodec } from '../protocol/text-codec.ts';
import { type Answer, type DataRequest, Session } from '../serving/session.ts';
import { CommandGate } from './command-gate.ts';
import { isAboutConnection, type Peer, runConnectionCommand, turningPoints } from './connection-commands.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionMemory } from './connection-memory.ts';
import { Deadlines, HALF_CLOSED_MS, LINGER_MS, NO_PASSWORD, UNREAD } from './deadlines.ts';
import { type HeldRequest, Intake } from './intake.ts';
import { Login } from './login.ts';
import { isLong, writeInTurns } from './long-reply.ts';
import { ReplyQueue, type Slot } from './reply-queue.ts';
import { requestMemory } from './request-memory.ts';
import { RequestReader } from './request-reader.ts';
import { type ResolvedLimits, requestLimits } from './server-options.ts';
import { roomIn, unsentIn } from './socket-room.ts';

const TAG_OF_THE_SERVER = 0;

/** One client: its socket, its requests and replies, and its end. */
export class Connection implements Peer {
  readonly id: number;
  readonly address: string;
  name = '';
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #session: Session;
  readonly #requests: RequestReader;
  readonly #replies = new ReplyQueue();
  /** How replies are written. */
  #style: RespStyle;
  readonly gate: CommandGate;
  readonly #login: Login;
  /** The codec of tagged requests, once the client has asked for tags. */
  #codecToCome: ValueCodec | undefined;
  readonly #intake: Intake;
  readonly #memory: ConnectionMemory;
  /** A request that must run alone is under way, or waits for earlier ones. Later requests wait. */
  #isTurning = false;
  #held: HeldRequest | undefined;
  #isReading = false;
  #isPaused = false;
  #isFlushing = false;
  /** The client sends no more. */
  #isHalfClosed = false;
  /** No more requests are read: the connection ends when those in flight are answered. */
  #isEnding = false;
  #isEnded = false;
  #reason = 'the client closed it';
  readonly #deadlines: Deadlines;

  constructor(id: number, socket: Socket, host: ConnectionHost, isAuthenticated: boolean) {
    this.id = id;
    const { remoteAddress, remotePort } = socket;
    this.address = remoteAddress === undefined ? 'unix' : `${remoteAddress}:${remotePort}`;
    this.#socket = socket;
    this.#host = host;
    this.gate = new CommandGate(isAuthenticated);
    this.#style = { version: 2, codec: textCodec, tagged: false, maxReplyBytes: host.limits.maxReplyBytes };
    this.#requests = new RequestReader(requestLimits(host.limits, isAuthenticated), {
      codec: textCodec,
      maxKeyLength: host.limits.maxKeyLength,
    });
    this.#intake = new Intake(host.limits, host.clock);
    this.#memory = new ConnectionMemory(host.buffered, host.limits.maxReplyBytes, this);
    this.#session = new Session(host, textCodec, this.#memory);
    this.#login = new Login(this, socket.remoteAddress, host);
    this.#deadlines = new Deadlines(host.clock, (reason) => this.cut(reason));
    socket.on('data', (chunk: Buffer) => {
      this.#requests.push(chunk);
      this.#read();
    });
    socket.on('drain', () => this.#goOn());
    socket.on('end', () => this.#halfClose());
    socket.on('error', (error) => {
      this.#reason = error.message;
    });
    socket.on('close', () => this.#gone());
    if (!isAuthenticated) this.#deadlines.set(NO_PASSWORD, host.limits.authTimeout);
  }

  get version(): 2 | 3 {
    return this.#style.version;
  }

  set version(version: 2 | 3) {
    this.#style = { ...this.#style, version };
  }

  get limits(): ResolvedLimits {
    return this.#host.limits;
  }

  // Requests

  /** Reads requests for as long as there are any and the connection may go on. */
  #read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    // Nothing is written before the end of the turn, so that the room for replies stays as it is.
    const room = this.#roomForReplies();
    this.#style = this.#memory.fit(this.#style);
    while (!this.#isHalted && this.#replies.length <= room && this.#readOne());
    this.#isReading = false;
    this.#memory.count();
    if (!this.#replies.isEmpty) this.#flushSoon();
    this.#pauseOrResume();
    this.#endWhenAnswered();
  }

  /** Takes the next request. Returns false if it is not whole yet. */
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
      this.#take(request, requests.tag, requests.size);
      this.#intake.read(requests.size);
    } else if (requests.isPaused) this.#intake.look();
    else if (this.#isHalfClosed) this.#isEnding = true;
    return request !== undefined || requests.isPaused;
  }

  /** Answers a request that could not be understood. */
  #refuse(error: unknown): void {
    const { tag, isLost, form } = this.#requests;
    const reply = errorReply(error);
    this.#replies.form = form;
    this.#intake.begin(0);
    this.#finish(tag === undefined ? this.#replies.reserve() : undefined, tag, reply, 0);
    if (isLost || reply.error.code === 'PROTOCOL') this.#stop(reply.error.message);
  }

  #take(request: Request, tag: number | undefined, size: number): void {
    if (this.gate.isOpen && !isAboutConnection(request.command)) {
      this.#startOnData(request as DataRequest, tag, size);
      return;
    }
    const isTurning = !this.gate.isAuthenticated || turningPoints.has(request.command.name);
    if (isTurning) this.#isTurning = true;
    if (isTurning && !this.#intake.isEmpty) this.#held = { request, tag, size };
    else this.#start(request, tag, size);
  }

  /** Runs nearly every request, so a reply that is ready at once takes the shortest way out. */
  #startOnData(request: DataRequest, tag: number | undefined, size: number): void {
    const result = this.#session.execute(request, tag);
    if (result instanceof Promise) {
      const memory = this.#requests.memory ?? requestMemory(request, size);
      this.#intake.begin(memory);
      this.#memory.count();
      const slot = tag === undefined ? this.#replies.reserve() : undefined;
      result.then((reply) => this.#finishSoon(slot, tag, reply, memory));
    } else if (result === undefined) return;
    else if (tag === undefined) this.#replies.add(result, this.#style);
    else this.#replies.addTagged(tag, result, this.#style);
  }

  #start(request: Request, tag: number | undefined, size: number): void {
    this.#intake.begin(size);
    const slot = tag === undefined ? this.#replies.reserve() : undefined;
    const result = this.#execute(request, tag);
    if (result instanceof Promise) result.then((reply) => this.#finishSoon(slot, tag, reply, size));
    else this.#finish(slot, tag, result, size);
  }

  #execute(request: Request, tag: number | undefined): Answer | Promise<Answer> {
    const error = this.gate.refusalOf(request.command);
    // The client does not wait for this refusal, so the transaction must not go on without the refused part.
    if (error !== undefined && request.quiet && request.transactionId !== undefined)
      return this.#session.execute({ ...request, command: { name: 'REFUSED', error } }, tag);
    if (error !== undefined) return errorReply(error);
    if (!isAboutConnection(request.command)) return this.#session.execute(request as DataRequest, tag);
    return runConnectionCommand(this, request.command).catch((thrown: unknown) => errorReply(thrown));
  }

  /** Finishes a request once its reply is written. A long list is written in turns. */
  #finishSoon(slot: Slot | undefined, tag: number | undefined, reply: Answer, size: number): void {
    if (!isLong(reply, this.#replies)) this.#finish(slot, tag, reply, size);
    else
      writeInTurns(reply, this.#style, this.#replies, this.#memory, this.#host.clock).then((list) =>
        this.#finish(slot, tag, list, size),
      );
  }

  #finish(slot: Slot | undefined, tag: number | undefined, reply: Answer | ListWriter, size: number): void {
    this.#intake.end(size);
    if (this.#isEnded) return;
    this.#style = this.#memory.fit(this.#style);
    if (reply instanceof ListWriter) this.#replies.addList(slot, tag ?? TAG_OF_THE_SERVER, reply);
    else if (slot !== undefined && reply !== undefined) this.#replies.fill(slot, reply, this.#style);
    else if (reply !== undefined) this.#replies.addTagged(tag ?? TAG_OF_THE_SERVER, reply, this.#style);
    if (!this.#isReading) this.#flushSoon();
    this.#switchToTags();
    const held = this.#held;
    if (this.#intake.isEmpty && held !== undefined) {
      this.#held = undefined;
      this.#start(held.request, held.tag, held.size);
      return;
    }
    if (this.#intake.isEmpty) this.#isTurning = false;
    this.#goOn();
  }

  // Commands about the connection

  authenticate(password: string): Promise<boolean> | undefined {
    return this.#host.password.isNeeded ? this.#prove(password) : undefined;
  }

  async #prove(password: string): Promise<boolean> {
    const isRight = await this.#login.isRight(password, () => !this.#isEnded);
    if (!isRight) return false;
    this.gate.authenticate();
    this.#requests.limits = requestLimits(this.#host.limits, true);
    this.#deadlines.clear(NO_PASSWORD);
    return true;
  }

  useTags(messagePack: boolean): void {
    if (this.#requests.form === 'lines')
      throw new MemStoreError('INVALID_OPTION', 'Plain lines have no tags.');
    // The answer to this very command has no tag yet.
    this.#codecToCome = messagePack ? messagePackCodec(nodeFormat) : textCodec;
  }

  #switchToTags(): void {
    const codec = this.#codecToCome;
    if (codec === undefined) return;
    this.#requests.useTags(codec);
    this.#session.codec = codec;
    this.#style = { ...this.#style, codec, tagged: true };
    this.#codecToCome = undefined;
  }

  reset(): void {
    this.name = '';
    this.version = 2;
    this.gate.reset();
    this.#session.rollBackAll();
  }

  hangUp(reason: string): void {
    this.#reason = reason;
    this.#isEnding = true;
  }

  info(): Promise<string> {
    return this.#host.info();
  }

  // Flow

  get bufferedBytes(): number {
    const unsent = this.#replies.length + unsentIn(this.#socket);
    return this.#requests.unread + this.#intake.bytes + this.#session.keptBytes + unsent;
  }

  wake(): void {
    this.#flushSoon();
  }

  #mustWait(): boolean {
    return this.#isHalted || this.#isBackedUp();
  }

  get #isHalted(): boolean {
    if (this.#isEnding || this.#isTurning || this.#intake.isFull) return true;
    return this.#memory.mustWait;
  }

  /** Whether the client reads its replies too slowly to be given more. */
  #isBackedUp(): boolean {
    return this.#replies.length > this.#roomForReplies();
  }

  #roomForReplies(): number {
    return roomIn(this.#socket, this.gate.isAuthenticated ? this.#host.limits.maxOutputBytes : 0);
  }

  #pauseOrResume(): void {
    if (this.#isEnding) return;
    this.#deadlines.setWhile(this.#isBackedUp(), UNREAD, this.#host.limits.stalledTimeout);
    // Requests that wait for the next turn go on when it comes.
    if (this.#intake.hasHadItsTurn) this.#flushSoon();
    const mustPause = this.#mustWait();
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.#socket.pause();
    else this.#socket.resume();
  }

  #goOn(): void {
    // A read that is under way goes on by itself.
    if (this.#isReading) return;
    this.#memory.count();
    if (this.#isPaused && !this.#mustWait()) {
      this.#read();
      return;
    }
    this.#pauseOrResume();
    this.#endWhenAnswered();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#host.flusher.add(this);
  }

  /** Writes the replies of this turn, in one go. */
  flush(): void {
    this.#isFlushing = false;
    this.#intake.nextTurn();
    if (!this.#replies.isEmpty && this.#socket.writable) this.#socket.write(this.#replies.take());
    this.#goOn();
  }

  // The end

  #halfClose(): void {
    this.#isHalfClosed = true;
    // Our own client reads no replies after its half of the connection is closed.
    if (this.#requests.isTagged) {
      this.cut(this.#reason);
      return;
    }
    this.#read();
  }

  /** Restarts the deadline whenever replies come or leave. While they do, the client may read slowly. */
  #expectEnd(): void {
    const isRead = this.#socket.writableLength === 0;
    this.#deadlines.set(this.#reason, isRead ? HALF_CLOSED_MS : this.#host.limits.stalledTimeout);
  }

  /** Reads no more, and ends when the requests in flight are answered. */
  #stop(reason: string): void {
    this.#reason = reason;
    this.#isEnding = true;
    this.#endWhenAnswered();
  }

  /** Lets requests in flight finish, tells the client, and ends. */
  close(): void {
    if (this.#requests.isTagged && !this.#isEnding) {
      this.#replies.addTagged(TAG_OF_THE_SERVER, { kind: 'status', text: 'CLOSING' }, this.#style);
      this.#flushSoon();
    }
    this.#held = undefined;
    this.#stop('the server closes');
  }

  /** Ends the waits and the transactions of the client, so that requests in flight are answered soon. */
  giveUp(): void {
    this.#session.end();
  }

  #endWhenAnswered(): void {
    if (this.#isHalfClosed && !this.#isEnded) this.#expectEnd();
    if (!this.#isEnding || !this.#intake.isEmpty || this.#isEnded) return;
    this.#isEnded = true;
    this.flush();
    this.#session.end();
    this.#socket.end();
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    this.#deadlines.set(this.#reason, this.#host.limits.stalledTimeout);
    this.#socket.once('finish', () => this.#deadlines.set(this.#reason, LINGER_MS));
  }

  /** Ends at once, even if the client still waits for replies. */
  cut(reason: string): void {
    this.#reason = reason;
    this.#isEnding = true;
    this.#socket.destroy();
  }

  #gone(): void {
    this.#deadlines.clearAll();
    this.#isEnding = true;
    this.#isEnded = true;
    this.#session.end();
    this.#memory.end();
    this.#host.onEnd(this, this.#reason);
  }
}
