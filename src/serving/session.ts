import type { ValueCodec } from '../codecs/value-codec.ts';
import type { DirectStore, MaybePromise } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import { Lane } from '../lifecycle/lane.ts';
import type { DataCommand, Request } from '../protocol/command.ts';
import { errorReply } from '../protocol/error-reply.ts';
import { OK, type Reply } from '../protocol/reply.ts';
import { BeginHandler } from './begin-handler.ts';
import { Cursors } from './cursors.ts';
import { directStoreOf } from './direct-store-of.ts';
import { type BatchSink, Feeds } from './feeds.ts';
import { type CommandSession, runCommand } from './run-command.ts';
import type { SessionHost, SessionMemory } from './session-host.ts';
import { abandon, type SessionTransaction } from './session-transaction.ts';
import { SessionTransactions } from './session-transactions.ts';
import { Waits } from './waits.ts';

/** The estimated memory of an open transaction without operations. */
const TRANSACTION_BYTES = 2_048;

/** A request with a data command. */
export interface DataRequest extends Request {
  readonly command: DataCommand;
}

/** The reply to a request, or `undefined` if a quiet request succeeded. */
export type Answer = Reply | undefined;

/**
 * The transactions, scans and waits of one connection, independent of its socket.
 *
 * The commands of a transaction take effect in the order in which they arrive. So do untagged commands
 * without a transaction. Tagged commands without a transaction run concurrently.
 */
export class Session implements CommandSession {
  readonly host: SessionHost;
  readonly store: DirectStore;
  readonly transactions: SessionTransactions;
  readonly begins: BeginHandler;
  readonly cursors: Cursors;
  readonly feeds: Feeds;
  codec: ValueCodec;
  /** The lane that orders untagged commands without a transaction. */
  readonly #lane = new Lane();
  readonly #waits: Waits;

  constructor(host: SessionHost, codec: ValueCodec, memory: SessionMemory, sink: BatchSink) {
    this.host = host;
    this.store = directStoreOf(host.store);
    this.transactions = new SessionTransactions(host);
    this.begins = new BeginHandler(this.store, this.transactions, host.limits.maxIdleTimeout);
    this.cursors = new Cursors(host, memory);
    this.feeds = new Feeds(this.store, host, memory, sink, () => this.cursors.takeNumber());
    this.#waits = new Waits(host);
    this.codec = codec;
  }

  /**
   * Returns the estimated bytes of open transactions, scans and feeds, without the data that the store
   * counts.
   */
  get keptBytes(): number {
    return this.transactions.count * TRANSACTION_BYTES + this.cursors.bytes + this.feeds.bytes;
  }

  /**
   * Executes a request. Returns the reply, or a promise of it if the request must wait. Never throws or
   * rejects. The result is `undefined` if a quiet request succeeded. `tag` is the tag of a tagged request.
   */
  execute(request: DataRequest, tag: number | undefined): MaybePromise<Answer> {
    if (request.quiet) return this.#executeQuietly(request, tag);
    if (!request.cancellable || tag === undefined) return this.#dispatch(request, tag, undefined);
    return this.#executeCancellably(request, tag);
  }

  #executeQuietly(request: DataRequest, tag: number | undefined): MaybePromise<Answer> {
    if (tag === undefined)
      return errorReply(
        new MemStoreError('INVALID_OPTION', 'QUIET works only with tagged requests: send MUX 1 first.'),
      );
    const reply = this.#dispatch(request, tag, undefined);
    return reply instanceof Promise ? reply.then(failureOnly) : failureOnly(reply);
  }

  #executeCancellably(request: DataRequest, tag: number): MaybePromise<Reply> {
    if (this.#waits.has(tag))
      return errorReply(
        new MemStoreError('PROTOCOL', `Tag ${tag} belongs to a request that is still pending.`),
      );
    // Register the controller first, so that the request can be cancelled while it waits in a lane.
    const controller = this.#cursorOf(request.command)?.controller ?? new AbortController();
    this.#waits.add(tag, controller);
    const reply = this.#dispatch(request, tag, controller);
    if (reply instanceof Promise) return reply.finally(() => this.#waits.delete(tag));
    this.#waits.delete(tag);
    return reply;
  }

  #dispatch(
    request: DataRequest,
    tag: number | undefined,
    controller: AbortController | undefined,
  ): MaybePromise<Reply> {
    const { command } = request;
    const id = isAboutCursor(command) ? this.#cursorOf(command)?.transaction?.tx.id : request.transactionId;
    if (id === undefined) return this.#runAlone(request, tag, controller);
    const transaction = this.transactions.get(id);
    if (transaction === undefined) return this.#runEarlyOrLate(id, request, controller);
    return this.#runWithin(transaction, request, controller);
  }

  // Commands without a transaction

  #runAlone(
    request: DataRequest,
    tag: number | undefined,
    controller: AbortController | undefined,
  ): MaybePromise<Reply> {
    if (request.command.name === 'BEGIN') {
      const refusal = this.begins.reservePlace(request.command.id);
      if (refusal !== undefined) return refusal;
    }
    if (tag !== undefined) return this.#perform(request, undefined, controller);
    if (!this.#lane.isFree) return this.#runInLane(this.#lane, request, undefined, controller);
    const reply = this.#perform(request, undefined, controller);
    return reply instanceof Promise ? this.#lane.occupy(reply) : reply;
  }

  // Commands of a transaction

  /** Handles a command whose transaction is still beginning, has ended or never existed. */
  #runEarlyOrLate(
    id: number,
    request: DataRequest,
    controller: AbortController | undefined,
  ): MaybePromise<Reply> {
    if (!this.transactions.isPending(id)) return this.#answerFromOutcome(id, request.command);
    return this.transactions.runAfterBegin(id, (transaction) =>
      transaction === undefined
        ? this.#answerFromOutcome(id, request.command)
        : this.#runWithin(transaction, request, controller),
    );
  }

  /** Returns the reply to a command whose transaction has ended or never existed. */
  #answerFromOutcome(id: number, { name }: DataCommand): Reply {
    const outcome = this.transactions.outcomeOf(id);
    if (outcome === undefined)
      return errorReply(
        new MemStoreError('UNKNOWN_TRANSACTION', `This connection has no transaction ${id}.`),
      );
    if (name === 'ROLLBACK') return OK;
    if (typeof outcome !== 'string') return errorReply(outcome, true);
    const what = outcome === 'TRANSACTION_CLOSED' ? 'is committed' : 'was rolled back';
    const error = new MemStoreError(outcome, `Transaction ${id} ${what}.`, { transactionId: id });
    return errorReply(error, outcome !== 'TRANSACTION_CLOSED');
  }

  #runWithin(
    transaction: SessionTransaction,
    request: DataRequest,
    controller: AbortController | undefined,
  ): MaybePromise<Reply> {
    // A rollback does not wait for its turn: it ends the pending operations.
    if (request.command.name === 'ROLLBACK') return this.#perform(request, transaction, controller);
    if (!transaction.lane.isFree) return this.#runInLane(transaction.lane, request, transaction, controller);
    const reply = this.#perform(request, transaction, controller);
    return reply instanceof Promise && blocksLane(request) ? transaction.lane.occupy(reply) : reply;
  }

  /** Kept separate so that the fast path allocates no closure. */
  #runInLane(
    lane: Lane,
    request: DataRequest,
    transaction: SessionTransaction | undefined,
    controller: AbortController | undefined,
  ): MaybePromise<Reply> {
    return lane.run(() => this.#perform(request, transaction, controller));
  }

  // The common part of all commands

  #perform(
    request: DataRequest,
    transaction: SessionTransaction | undefined,
    controller: AbortController | undefined,
  ): MaybePromise<Reply> {
    try {
      const wait = this.#waits.of(request, transaction !== undefined, controller);
      const reply = runCommand(this, transaction, request.command, wait);
      if (reply instanceof Promise) return this.#completeLater(request, transaction, reply);
      return transaction === undefined ? reply : this.#complete(request, transaction, reply);
    } catch (error) {
      return this.#fail(request, transaction, error);
    }
  }

  #completeLater(
    request: DataRequest,
    transaction: SessionTransaction | undefined,
    reply: Promise<Reply>,
  ): Promise<Reply> {
    const onFailed = (error: unknown): Reply => this.#fail(request, transaction, error);
    if (transaction === undefined) return reply.catch(onFailed);
    return reply.then((result) => this.#complete(request, transaction, result), onFailed);
  }

  #fail(request: DataRequest, transaction: SessionTransaction | undefined, error: unknown): Reply {
    if (transaction === undefined) return errorReply(error);
    const hasEnded = transaction.tx.status === 'aborted';
    const reply = errorReply(hasEnded ? (transaction.failure ?? error) : error, hasEnded);
    return this.#complete(request, transaction, reply);
  }

  /**
   * Releases the transaction if it has ended. If a quiet request failed, ends the transaction before later
   * commands run.
   */
  #complete(request: DataRequest, transaction: SessionTransaction, reply: Reply): Reply {
    const isLeftOpen = request.quiet && reply.kind === 'error' && transaction.tx.status === 'active';
    if (isLeftOpen) transaction.fail(reply.error);
    if (!transaction.isOpen) this.#release(transaction);
    return isLeftOpen ? { ...reply, ended: true } : reply;
  }

  /**
   * Closes the scans of a transaction and replaces it by its outcome. REQUIRES: the transaction has ended.
   */
  #release(transaction: SessionTransaction): void {
    this.cursors.closeOf(transaction);
    this.transactions.release(transaction);
  }

  /** Returns whether a request waits for a batch of a feed. Such a request may wait for ever. */
  waitsForChanges({ command }: DataRequest): boolean {
    return command.name === 'NEXT' && this.feeds.has(command.cursor);
  }

  cancel(tag: number): void {
    this.#waits.cancel(tag);
  }

  #cursorOf(command: DataCommand): ReturnType<Cursors['get']> {
    return isAboutCursor(command) ? this.cursors.get(command.cursor) : undefined;
  }

  /**
   * Ends all transactions, scans, feeds and waits of the connection. A commit that has reached the journal
   * still completes.
   */
  end(): void {
    this.begins.end();
    this.#waits.end();
    this.cursors.closeAll();
    this.feeds.closeAll();
    this.rollBackAll();
  }

  /**
   * Rolls back every open transaction, including those that are committing, because a commit may wait for a
   * lock.
   */
  rollBackAll(): void {
    for (const { tx } of this.transactions.open()) abandon(tx);
  }
}

/** Returns whether later commands of the transaction must wait until the request is complete. */
function blocksLane({ quiet, command }: DataRequest): boolean {
  // A scan consists of many operations. A failed quiet request must end the transaction before later commands
  // run.
  return quiet || command.name === 'ENTRIES' || command.name === 'NEXT';
}

function isAboutCursor(command: DataCommand): command is Extract<DataCommand, { readonly cursor: number }> {
  return command.name === 'NEXT' || command.name === 'CLOSECURSOR';
}

function failureOnly(reply: Reply): Answer {
  return reply.kind === 'error' ? reply : undefined;
}
