import type { ValueCodec } from '../codecs/value-codec.ts';
import { type ImmediateOperations, immediateOperationsOf } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RangeOptions, WaitOptions } from '../contract/store.ts';
import { Lane } from '../lifecycle/lane.ts';
import { settleCommits } from '../lifecycle/settle-commits.ts';
import type { DataCommand, Request } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import { integer, OK, type Reply } from '../protocol/reply.ts';
import { Beginnings } from './beginnings.ts';
import { Cursor } from './cursor.ts';
import { Cursors } from './cursors.ts';
import { runAtOnce, runWithinAtOnce } from './immediate-commands.ts';
import { lockReport, lockSummary, scannedLocks } from './lock-reports.ts';
import { runOneShot } from './one-shot-commands.ts';
import type { OwnTransaction } from './own-transaction.ts';
import { entriesOf, everythingOf } from './scanned-rows.ts';
import { ServedTransactions } from './served-transactions.ts';
import type { SessionHost, SessionMemory } from './session-host.ts';
import { runInTransaction } from './transaction-commands.ts';
import { waitOptions } from './wait-options.ts';

/** `CANCEL` of this ends the waits of all requests without a transaction. */
const EVERY_TAG = 0;

/** The memory that an open transaction takes before it does anything. */
const TRANSACTION_BYTES = 2_048;

/** The options of a command that may wait. */
interface Wait {
  readonly options: WaitOptions | undefined;
  /** Ends the wait. Present if the request may be cancelled, and for every scan. */
  readonly controller: AbortController | undefined;
}

/** A request that has to do with the data. */
export interface DataRequest extends Request {
  readonly command: DataCommand;
}

/** Undefined if a quiet request succeeded. */
export type Answer = Reply | undefined;

/**
 * The transactions, scans and waits of one connection. It knows no socket.
 *
 * The commands of a transaction form a lane, in which they take effect in the order in which they came. The
 * commands without a transaction form another lane, unless requests are tagged: then they run side by side.
 */
export class Session {
  readonly #host: SessionHost;
  readonly #immediate: ImmediateOperations | undefined;
  readonly #transactions: ServedTransactions;
  readonly #beginnings: Beginnings;
  readonly #cursors: Cursors;
  readonly #alone = new Lane();
  /** Ends the waits of commands without a transaction. */
  #waits: AbortController;
  #aloneOptions: WaitOptions;
  /** The controllers of requests that may be cancelled, by their tags. */
  readonly #controllers = new Map<number, AbortController>();
  codec: ValueCodec;

  constructor(host: SessionHost, codec: ValueCodec, memory: SessionMemory) {
    const { store, limits } = host;
    this.#host = host;
    this.#immediate = immediateOperationsOf(store);
    this.#transactions = new ServedTransactions(host);
    this.#beginnings = new Beginnings(store, this.#immediate, this.#transactions, limits.maxIdleTimeout);
    this.#cursors = new Cursors(host, memory);
    this.#waits = host.createController();
    this.#aloneOptions = { signal: this.#waits.signal };
    this.codec = codec;
  }

  /** The bytes of open transactions and scans, without those that the store counts itself. */
  get keptBytes(): number {
    return this.#transactions.count * TRANSACTION_BYTES + this.#cursors.bytes;
  }

  /**
   * Returns the answer to a request, or a promise of it if the request must wait. Never throws or rejects.
   * The answer is `undefined` if a quiet request succeeded. `tag` is that of a tagged request.
   */
  execute(request: DataRequest, tag: number | undefined): Answer | Promise<Answer> {
    if (request.quiet) return this.#quietly(request, tag);
    if (!request.cancellable || tag === undefined) return this.#dispatch(request, tag, undefined);
    if (this.#controllers.has(tag))
      return errorReply(new MemStoreError('PROTOCOL', `Tag ${tag} is that of a request under way.`));
    // Set before the request runs, so that it can be cancelled while it waits in a lane.
    const controller = this.#controllerOfCursor(request.command) ?? new AbortController();
    this.#controllers.set(tag, controller);
    const reply = this.#dispatch(request, tag, controller);
    if (reply instanceof Promise) return reply.finally(() => this.#controllers.delete(tag));
    this.#controllers.delete(tag);
    return reply;
  }

  #quietly(request: DataRequest, tag: number | undefined): Answer | Promise<Answer> {
    if (tag === undefined)
      return errorReply(new MemStoreError('INVALID_OPTION', 'QUIET is for tagged requests only.'));
    const reply = this.#dispatch(request, tag, undefined);
    return reply instanceof Promise ? reply.then(failureOnly) : failureOnly(reply);
  }

  #dispatch(
    request: DataRequest,
    tag: number | undefined,
    controller: AbortController | undefined,
  ): Reply | Promise<Reply> {
    const { command } = request;
    if (request.transactionId === undefined && (tag !== undefined || this.#alone.isFree)) {
      const reply = this.#atOnce(command);
      if (reply !== undefined) return reply;
    }
    const id = isAboutCursor(command)
      ? this.#cursors.get(command.cursor)?.transaction?.tx.id
      : request.transactionId;
    if (id !== undefined) {
      const own = this.#transactions.get(id);
      if (own === undefined && this.#transactions.mayCome(id))
        return this.#transactions.whenCome(id, (late) => this.#within(id, late, request, controller));
      return this.#within(id, own, request, controller);
    }
    if (command.name === 'BEGIN') {
      const refused = this.#beginnings.expect(command.id);
      if (refused !== undefined) return refused;
      const isPlain = controller === undefined && request.lockTimeoutMs === undefined;
      if (isPlain && (tag !== undefined || this.#alone.isFree)) {
        const reply = this.#beginnings.begin(command, this.#aloneOptions);
        return tag === undefined && reply instanceof Promise ? this.#alone.occupy(reply) : reply;
      }
    }
    return this.#alongside(request, tag, controller);
  }

  /** Kept separate so that the fast path allocates no closure. */
  #alongside(
    request: DataRequest,
    tag: number | undefined,
    controller: AbortController | undefined,
  ): Reply | Promise<Reply> {
    const { command } = request;
    const step = (): Reply | Promise<Reply> =>
      this.#answer(request, controller, undefined, (wait) => this.#runAlone(command, wait));
    return tag === undefined ? this.#alone.run(step) : step();
  }

  /** Runs a command without a promise if that is possible, otherwise returns `undefined`. */
  #atOnce(command: DataCommand): Reply | undefined {
    const operations = this.#immediate;
    if (operations?.isOpen !== true) return undefined;
    try {
      return runAtOnce(operations, command);
    } catch (error) {
      return errorReply(error);
    }
  }

  #within(
    id: number,
    own: OwnTransaction | undefined,
    request: DataRequest,
    controller: AbortController | undefined,
  ): Reply | Promise<Reply> {
    const { command } = request;
    if (own === undefined) return this.#withoutTransaction(id, command);
    const isPlain = controller === undefined && request.lockTimeoutMs === undefined;
    // A rollback does not wait: it ends the operations that are under way.
    if (isPlain && (own.lane.isFree || command.name === 'ROLLBACK')) {
      const reply = this.#withinAtOnce(own, command);
      if (reply !== undefined) return request.quiet ? this.#endQuietly(own, reply) : reply;
    }
    return this.#inLane(own, request, controller);
  }

  /** Runs a command of a transaction with synchronous operations, otherwise returns `undefined`. */
  #withinAtOnce(own: OwnTransaction, command: DataCommand): Reply | Promise<Reply> | undefined {
    if (own.immediate === undefined) return undefined;
    try {
      const reply = runWithinAtOnce(own.immediate, command);
      if (reply instanceof Promise) return this.#whenThere(own, reply);
      if (!own.isOpen) this.#letGo(own);
      return reply;
    } catch (error) {
      return this.#failed(own, error);
    }
  }

  #whenThere(own: OwnTransaction, reply: Promise<Reply>): Promise<Reply> {
    return reply.then(
      (there) => {
        this.#letGo(own);
        return there;
      },
      (error: unknown) => this.#failed(own, error),
    );
  }

  #inLane(
    own: OwnTransaction,
    request: DataRequest,
    controller: AbortController | undefined,
  ): Reply | Promise<Reply> {
    const { command } = request;
    const step = (): Reply | Promise<Reply> =>
      this.#answer(request, controller, own, (wait) => this.#runWithin(own, command, wait));
    if (command.name === 'ROLLBACK') return step();
    // If this fails, later commands must find the transaction ended.
    if (request.quiet) return own.lane.run(() => this.#endIfFailed(own, step()));
    // A scan is many operations, and later commands must not come between them.
    return command.name === 'ENTRIES' || command.name === 'NEXT' ? own.lane.run(step) : own.lane.pass(step);
  }

  /** Ends the transaction if a quiet request fails, before later commands run. */
  #endQuietly(own: OwnTransaction, reply: Reply | Promise<Reply>): Reply | Promise<Reply> {
    const end = this.#endIfFailed(own, reply);
    return end instanceof Promise ? own.lane.occupy(end) : end;
  }

  #endIfFailed(own: OwnTransaction, reply: Reply | Promise<Reply>): Reply | Promise<Reply> {
    if (reply instanceof Promise) return reply.then((late) => this.#endIfFailed(own, late));
    if (reply.kind !== 'error' || own.tx.status !== 'active') return reply;
    own.fail(reply.error);
    this.#letGo(own);
    return { ...reply, ended: true };
  }

  /** Answers a command of a transaction that is not open, from its outcome. */
  #withoutTransaction(id: number, { name }: DataCommand): Reply {
    const end = this.#transactions.howEnded(id);
    if (end === undefined)
      return errorReply(
        new MemStoreError('UNKNOWN_TRANSACTION', `This connection has no transaction ${id}.`),
      );
    if (name === 'ROLLBACK') return OK;
    if (typeof end !== 'string') return errorReply(end, true);
    const what = end === 'TRANSACTION_CLOSED' ? 'is committed' : 'was rolled back';
    const error = new MemStoreError(end, `Transaction ${id} ${what}.`, { transactionId: id });
    return errorReply(error, end !== 'TRANSACTION_CLOSED');
  }

  #runWithin(own: OwnTransaction, command: DataCommand, { options, controller }: Wait): Promise<Reply> {
    switch (command.name) {
      case 'ENTRIES': {
        const range: RangeOptions = { ...command.range, ...options };
        return this.#scan(entriesOf(own.tx, range), controller, command.credit, own);
      }
      case 'NEXT':
        return this.#cursors.next(command.cursor, command.credit);
      case 'CLOSECURSOR':
        return this.#closeCursor(command.cursor);
      case 'COMMIT':
      case 'ROLLBACK':
        return runInTransaction(own, command, options).finally(() => this.#letGo(own));
      default:
        return runInTransaction(own, command, options);
    }
  }

  #runAlone(command: DataCommand, { options, controller }: Wait): Reply | Promise<Reply> {
    switch (command.name) {
      case 'BEGIN':
        return this.#beginnings.begin(command, this.#waitAlone(options));
      case 'RESERVE':
        return integer(this.#beginnings.reserve(command.count));
      case 'COMMITALL':
        return this.#commitAll();
      case 'CANCEL':
        this.#cancel(command.tag);
        return OK;
      case 'ENTRIES': {
        const range: RangeOptions = { ...command.range, ...options };
        return this.#scan(entriesOf(this.#host.store, range), controller, command.credit, undefined);
      }
      case 'SHOWALL':
        return this.#scan(everythingOf(this.#host.store), controller, command.credit, undefined);
      case 'LOCKS':
        return this.#locks(command.credit);
      case 'LOCKSUMMARY':
        return lockSummary(this.#host).then((data) => ({ kind: 'data', data }));
      case 'NEXT':
        return this.#cursors.next(command.cursor, command.credit);
      case 'CLOSECURSOR':
        return this.#closeCursor(command.cursor);
      default:
        return runOneShot(this.#host.store, command, this.#waitAlone(options));
    }
  }

  /** Returns the wait options of a command without a transaction. */
  #waitAlone(options: WaitOptions | undefined): WaitOptions {
    return options === undefined ? this.#aloneOptions : { ...this.#aloneOptions, ...options };
  }

  #letGo(own: OwnTransaction): void {
    if (own.isOpen) return;
    this.#cursors.closeOf(own);
    this.#transactions.letGo(own);
  }

  #cancel(tag: number): void {
    if (tag !== EVERY_TAG) {
      this.#controllers.get(tag)?.abort();
      return;
    }
    this.#waits.abort();
    this.#waits = this.#host.createController();
    this.#aloneOptions = { signal: this.#waits.signal };
  }

  async #commitAll(): Promise<Reply> {
    const active = this.#transactions.open().filter(({ tx }) => tx.status === 'active');
    await settleCommits(active.map(({ tx, lane }) => lane.run(() => tx.commit())));
    return OK;
  }

  #scan(
    rows: ReturnType<typeof entriesOf>,
    controller: AbortController | undefined,
    credit: number | undefined,
    transaction: OwnTransaction | undefined,
  ): Promise<Reply> {
    return this.#cursors.begin(new Cursor(rows, this.codec, controller, transaction), credit);
  }

  async #locks(credit: number | undefined): Promise<Reply> {
    if (credit !== undefined) return this.#scan(scannedLocks(this.#host), undefined, credit, undefined);
    return { kind: 'data', data: await lockReport(this.#host) };
  }

  async #closeCursor(cursor: number): Promise<Reply> {
    this.#cursors.close(cursor);
    return OK;
  }

  /** Takes a step with what it needs to wait, and turns what it throws into an error reply. */
  #answer(
    request: DataRequest,
    given: AbortController | undefined,
    own: OwnTransaction | undefined,
    step: (wait: Wait) => Reply | Promise<Reply>,
  ): Reply | Promise<Reply> {
    // A scan always has a controller, because the client may give up on a later page.
    const controller = given ?? (request.command.name === 'ENTRIES' ? new AbortController() : undefined);
    const failed = (error: unknown): Reply => this.#failed(own, error);
    try {
      const result = step({ options: waitOptions(request.lockTimeoutMs, controller?.signal), controller });
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #failed(own: OwnTransaction | undefined, error: unknown): Reply {
    if (own?.tx.status !== 'aborted') return errorReply(error);
    this.#letGo(own);
    return errorReply(own.failure ?? error, true);
  }

  #controllerOfCursor(command: DataCommand): AbortController | undefined {
    return isAboutCursor(command) ? this.#cursors.get(command.cursor)?.controller : undefined;
  }

  /** Ends all that the connection has open or waits for. A commit that the journal has goes on. */
  end(): void {
    this.#beginnings.isEnded = true;
    // It stays aborted, so that later commands in the lanes do not begin to wait.
    this.#waits.abort();
    for (const controller of this.#controllers.values()) controller.abort();
    this.#cursors.closeAll();
    this.rollBackAll();
  }

  rollBackAll(): void {
    // A committing transaction too: one of its operations may wait for a lock, and no client is left.
    for (const { tx } of this.#transactions.open()) tx.rollback().catch(() => {});
  }
}

function isAboutCursor(command: DataCommand): command is Extract<DataCommand, { readonly cursor: number }> {
  return command.name === 'NEXT' || command.name === 'CLOSECURSOR';
}

function failureOnly(reply: Reply): Answer {
  return reply.kind === 'error' ? reply : undefined;
}
