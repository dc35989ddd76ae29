import { setMaxListeners } from 'node:events';
import type { ValueCodec } from '../codec/value-codec.ts';
import { MemStoreError } from '../errors.ts';
import { type ImmediateOperations, immediateOperationsOf } from '../immediate-operations.ts';
import type { RangeOptions, TransactionOptions, WaitOptions } from '../store.ts';
import type { DataCommand, Request } from '../wire/command.ts';
import { errorReply, toMemStoreError } from '../wire/error-reply.ts';
import { integer, OK, type Reply } from '../wire/reply.ts';
import { Cursor } from './cursor.ts';
import { Cursors } from './cursors.ts';
import { runAtOnce } from './immediate-commands.ts';
import { Lane } from './lane.ts';
import { runOneShot } from './one-shot-commands.ts';
import type { OwnTransaction } from './own-transaction.ts';
import { ReservedIds } from './reserved-ids.ts';
import { entriesOf, everythingOf } from './scanned-rows.ts';
import type { ServedStore, ServedTransaction } from './served-store.ts';
import { ServedTransactions } from './served-transactions.ts';
import type { ResolvedLimits } from './server-options.ts';
import { runInTransaction } from './transaction-commands.ts';

/** `CANCEL` of this ends the waits of all requests without a transaction. */
const EVERY_TAG = 0;

/** What a command may need in order to wait. */
interface Wait {
  readonly options: WaitOptions | undefined;
  /** Ends the wait; there is one when the request may be cancelled, and for every scan. */
  readonly controller: AbortController | undefined;
}

/** A request that has to do with the data. */
export interface DataRequest extends Request {
  readonly command: DataCommand;
}

type BeginCommand = Extract<DataCommand, { readonly name: 'BEGIN' }>;

/** Undefined when a request that asked for silence was carried out. */
export type Answer = Reply | undefined;

/**
 * What one connection has of the store: its transactions, its scans and its waits. It knows no socket.
 *
 * The commands of a transaction are a lane, in which they take effect in the order in which they came, and the
 * commands without a transaction are another, unless requests are tagged: then those go side by side.
 */
export class Session {
  readonly #store: ServedStore;
  readonly #immediate: ImmediateOperations | undefined;
  readonly #transactions: ServedTransactions;
  readonly #reserved = new ReservedIds();
  readonly #cursors: Cursors;
  readonly #alone = new Lane();
  /** Ends the waits of commands without a transaction. */
  #waits: AbortController = endlessController();
  #aloneOptions: WaitOptions = { signal: this.#waits.signal };
  #isEnded = false;
  /** Those of the requests that may be cancelled, by their tags. */
  readonly #controllers = new Map<number, AbortController>();
  codec: ValueCodec;

  constructor(store: ServedStore, limits: ResolvedLimits, codec: ValueCodec) {
    this.#store = store;
    this.#immediate = immediateOperationsOf(store);
    this.#transactions = new ServedTransactions(limits);
    this.#cursors = new Cursors(limits);
    this.codec = codec;
  }

  /**
   * The answer to a request, or a promise of it when it is not there at once; neither throws nor rejects. Undefined
   * when there is nothing to say. `tag` is that of a tagged request.
   */
  execute(request: DataRequest, tag: number | undefined): Answer | Promise<Answer> {
    if (request.quiet) return this.#quietly(request, tag);
    if (!request.cancellable || tag === undefined) return this.#dispatch(request, tag, undefined);
    if (this.#controllers.has(tag))
      return errorReply(new MemStoreError('PROTOCOL', `Tag ${tag} is that of a request under way.`));
    // There from the start, so that what waits for its turn in a lane can be cancelled too.
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
    const id =
      'cursor' in command ? this.#cursors.get(command.cursor)?.transaction?.tx.id : request.transactionId;
    if (id !== undefined) {
      const own = this.#transactions.get(id);
      if (own === undefined && this.#transactions.mayCome(id))
        return this.#transactions.whenCome(id, (late) => this.#within(id, late, request, controller));
      return this.#within(id, own, request, controller);
    }
    const refused = command.name === 'BEGIN' ? this.#expect(command.id) : undefined;
    if (refused !== undefined) return refused;
    const step = (): Reply | Promise<Reply> =>
      this.#answer(request, controller, undefined, (wait) => this.#runAlone(command, wait));
    return tag === undefined ? this.#alone.run(step) : step();
  }

  /** The answer to a command that can be carried out without a promise; undefined when it cannot. */
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
    const step = (): Reply | Promise<Reply> =>
      this.#answer(request, controller, own, (wait) => this.#runWithin(own, command, wait));
    // A rollback waits for nothing: it ends what is under way.
    if (command.name === 'ROLLBACK') return step();
    // What comes behind must find the transaction ended when this fails.
    if (request.quiet) return own.lane.run(() => this.#endIfFailed(own, step()));
    // A scan is many operations, and what is sent behind it must not come in between.
    return command.name === 'ENTRIES' || command.name === 'NEXT' ? own.lane.run(step) : own.lane.pass(step);
  }

  #endIfFailed(own: OwnTransaction, reply: Reply | Promise<Reply>): Reply | Promise<Reply> {
    if (reply instanceof Promise) return reply.then((late) => this.#endIfFailed(own, late));
    if (reply.kind !== 'error' || own.tx.status !== 'active') return reply;
    own.fail(reply.error);
    this.#letGo(own);
    return { ...reply, ended: true };
  }

  /** Of a transaction that has ended the code is kept, and nothing else. */
  #withoutTransaction(id: number, { name }: DataCommand): Reply {
    const code = this.#transactions.howEnded(id);
    if (code === undefined)
      return errorReply(
        new MemStoreError('UNKNOWN_TRANSACTION', `This connection has no transaction ${id}.`),
      );
    if (name === 'ROLLBACK') return OK;
    const error = new MemStoreError(code, `Transaction ${id} has ended.`, { transactionId: id });
    return errorReply(error, code !== 'TRANSACTION_CLOSED');
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
        return this.#begin(command, options);
      case 'RESERVE':
        return integer(this.#reserved.reserve(command.count, this.#immediate));
      case 'COMMITALL':
        return this.#commitAll();
      case 'CANCEL':
        this.#cancel(command.tag);
        return OK;
      case 'ENTRIES': {
        const range: RangeOptions = { ...command.range, ...options };
        return this.#scan(entriesOf(this.#store, range), controller, command.credit, undefined);
      }
      case 'SHOWALL':
        return this.#scan(everythingOf(this.#store), controller, command.credit, undefined);
      case 'NEXT':
        return this.#cursors.next(command.cursor, command.credit);
      case 'CLOSECURSOR':
        return this.#closeCursor(command.cursor);
      default:
        return runOneShot(
          this.#store,
          command,
          options === undefined ? this.#aloneOptions : { ...this.#aloneOptions, ...options },
        );
    }
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
    this.#waits = endlessController();
    this.#aloneOptions = { signal: this.#waits.signal };
  }

  /** Makes a place for a transaction that is to begin; or says why there is none. */
  #expect(id: number | undefined): Reply | undefined {
    if (id !== undefined && !this.#reserved.use(id))
      return errorReply(
        new MemStoreError('INVALID_OPTION', `This connection has not reserved the id ${id}, or has used it.`),
      );
    if (this.#transactions.expect()) return undefined;
    const error = new MemStoreError('LIMIT_EXCEEDED', 'The connection has too many transactions open.');
    if (id !== undefined) this.#transactions.remember(id, error.code);
    return errorReply(error, id !== undefined);
  }

  #begin({ readOnly, id, age }: BeginCommand, wait: WaitOptions | undefined): Reply | Promise<Reply> {
    if (id !== undefined && age === undefined) {
      try {
        const tx = this.#open(id, { ...wait, readOnly });
        return tx instanceof Promise ? this.#arrival(id, tx) : this.#arrive(tx);
      } catch (error) {
        return this.#notBegun(id, error);
      }
    }
    const first = age === undefined ? undefined : this.#transactions.ageOf(age);
    return this.#arrival(id, this.#openOfAge(id, { ...this.#aloneOptions, ...wait, readOnly, age: first }));
  }

  async #arrival(id: number | undefined, begun: Promise<ServedTransaction>): Promise<Reply> {
    try {
      return this.#arrive(await begun);
    } catch (error) {
      return this.#notBegun(id, error);
    }
  }

  #arrive(tx: ServedTransaction): Reply {
    // The connection went while the transaction waited for its turn.
    if (this.#isEnded) void tx.rollback();
    this.#transactions.arrive(tx);
    return { kind: 'transaction', id: tx.id };
  }

  #notBegun(id: number | undefined, thrown: unknown): Reply {
    const reply = errorReply(thrown, id !== undefined);
    if (id !== undefined) this.#transactions.remember(id, reply.error.code);
    this.#transactions.arrive(undefined);
    return reply;
  }

  #open(id: number | undefined, options: TransactionOptions): ServedTransaction | Promise<ServedTransaction> {
    // Who has no immediate operations has reserved no id.
    return id === undefined || this.#immediate === undefined
      ? this.#store.begin(options)
      : this.#immediate.begin(id, options);
  }

  /** An age that no transaction here has had is of another life of the server, and means nothing any more. */
  async #openOfAge(id: number | undefined, options: TransactionOptions): Promise<ServedTransaction> {
    try {
      return await this.#open(id, options);
    } catch (error) {
      const isOfAge = options.age !== undefined && toMemStoreError(error).code === 'INVALID_OPTION';
      if (!isOfAge) throw error;
      return this.#open(id, { ...options, age: undefined });
    }
  }

  async #commitAll(): Promise<Reply> {
    const active = this.#transactions.open().filter(({ tx }) => tx.status === 'active');
    const ends = await Promise.allSettled(active.map(({ tx, lane }) => lane.run(() => tx.commit())));
    const failed = ends.filter((end) => end.status === 'rejected');
    if (failed.length === 0) return OK;
    throw new AggregateError(
      failed.map(({ reason }) => reason),
      `${failed.length} of ${ends.length} transactions could not be committed.`,
    );
  }

  #scan(
    rows: ReturnType<typeof entriesOf>,
    controller: AbortController | undefined,
    credit: number | undefined,
    transaction: OwnTransaction | undefined,
  ): Promise<Reply> {
    return this.#cursors.begin(new Cursor(rows, this.codec, controller, transaction), credit);
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
    // A scan has one in any case: a later page of it may be waited for by somebody who gives up.
    const controller = given ?? (request.command.name === 'ENTRIES' ? new AbortController() : undefined);
    const failed = (error: unknown): Reply => {
      if (own?.tx.status !== 'aborted') return errorReply(error);
      this.#letGo(own);
      return errorReply(own.failure ?? error, true);
    };
    try {
      const result = step({ options: waitOptions(request.lockTimeoutMs, controller?.signal), controller });
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #controllerOfCursor(command: DataCommand): AbortController | undefined {
    return 'cursor' in command ? this.#cursors.get(command.cursor)?.controller : undefined;
  }

  /** The connection is gone: whatever it has open or waits for ends. A commit that the journal has goes on. */
  end(): void {
    this.#isEnded = true;
    // It stays aborted, so that what stands behind in the lanes does not begin to wait either.
    this.#waits.abort();
    for (const controller of this.#controllers.values()) controller.abort();
    this.#cursors.closeAll();
    this.rollBackAll();
  }

  rollBackAll(): void {
    // Also one that is committing: it may wait for a lock, for one of its operations, and nobody waits for it.
    for (const { tx } of this.#transactions.open()) tx.rollback().catch(() => {});
  }
}

function failureOnly(reply: Reply): Answer {
  return reply.kind === 'error' ? reply : undefined;
}

/** However many wait by its signal, that is no leak. */
function endlessController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

function waitOptions(
  lockTimeout: number | undefined,
  signal: AbortSignal | undefined,
): WaitOptions | undefined {
  if (lockTimeout === undefined) return signal === undefined ? undefined : { signal };
  return signal === undefined ? { lockTimeout } : { lockTimeout, signal };
}
