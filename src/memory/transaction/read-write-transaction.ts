import { checkKeys, unknownSavepoint } from '../../arguments/check-arguments.ts';
import { readPutOptions, readWaitOptions } from '../../arguments/read-options.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type {
  PutOptions,
  RangeOptions,
  Savepoint,
  TransactionStatus,
  WaitOptions,
} from '../../contract/store.ts';
import { abortedBy, abortedByRollbackTo } from '../../lifecycle/cancellation.ts';
import { MOST_PUBLISHED_AT_ONCE, MOST_UNDONE_AT_ONCE } from '../../lifecycle/turn-limits.ts';
import type { LockOwner, LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import type { Hold } from '../expiry/held-over.ts';
import { LockingScan } from '../scan/locking-scan.ts';
import { type RowResult, ScanIterator } from '../scan/scan-iterator.ts';
import { newWrite, newWrites } from './arguments.ts';
import { newWriteSet } from './counted-write-set.ts';
import { failCommit, finish, publish } from './ending.ts';
import type { EngineTransaction } from './engine-transaction.ts';
import type { HeldSavepoint } from './held-savepoint.ts';
import { putManyStep, readManyStep } from './list-steps.ts';
import { ListWork, WriteWork } from './list-work.ts';
import { type OpenTransaction, refusal } from './open-transactions.ts';
import {
  DONE,
  type LockRequest,
  lockTimedOut,
  Operation,
  type OperationOwner,
  type PendingOperation,
  type Step,
  type Waiting,
} from './operation.ts';
import { OperationQueue, type QueueOwner } from './operation-queue.ts';
import { operationFailed } from './strategy-failed.ts';
import * as steps from './transaction-steps.ts';
import type { Write, WriteSet } from './write-set.ts';

/**
 * A transaction under strong strict two-phase locking: it locks what it reads and writes, keeps its writes to
 * itself, and releases every lock in the moment in which it publishes or drops them.
 *
 * Each operation is a step that either is done at once, in the caller's own turn, or waits in the queue.
 */
export class ReadWriteTransaction
  implements EngineTransaction, LockOwner, OpenTransaction, OperationOwner, QueueOwner
{
  readonly id: number;
  readonly age: number;
  readonly readOnly = false;
  status: TransactionStatus = 'active';
  failure: MemStoreError | undefined = undefined;
  touched = true;
  idleSinceMs = 0;
  previous: OpenTransaction | undefined = undefined;
  next: OpenTransaction | undefined = undefined;
  readonly engine: Engine;
  readonly session: LockSession;
  readonly lockTimeoutMs: number;
  noWait: boolean;
  blockedBy: LockRequest | undefined = undefined;
  hold: Hold | undefined = undefined;
  readonly writes: WriteSet;
  #queue: OperationQueue | undefined = undefined;
  #operations = 0;
  #savepoints: HeldSavepoint[] | undefined = undefined;
  #scans: Set<LockingScan> | undefined = undefined;
  /**
   * Pending while a commit can no longer be rolled back, or while its end takes several turns: releasing the
   * locks, and making room in the cache.
   */
  ending: Promise<void> | undefined = undefined;

  constructor(engine: Engine, id: number, age: number, lockTimeoutMs: number) {
    this.id = id;
    this.age = age;
    this.engine = engine;
    this.lockTimeoutMs = lockTimeoutMs;
    this.noWait = lockTimeoutMs === 0;
    this.session = engine.locks.session(this);
    this.writes = newWriteSet(this, engine.uncommitted);
  }

  get isBusy(): boolean {
    return this.#isWaiting || this.ending !== undefined;
  }

  // Operations

  get(key: string, options?: WaitOptions): Promise<unknown> {
    return this.#perform(options, steps.readStep, key, 'shared');
  }

  getForUpdate(key: string, options?: WaitOptions): Promise<unknown> {
    return this.#perform(options, steps.readStep, key, 'exclusive');
  }

  getMany<const Ks extends readonly string[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: unknown }> {
    type Values = { -readonly [I in keyof Ks]: unknown };
    try {
      const work = new ListWork(checkKeys(keys), this.engine.settings.clock);
      return this.#perform(options, readManyStep, work, []) as Promise<Values>;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  has(key: string, options?: WaitOptions): Promise<boolean> {
    return this.#perform(options, steps.hasStep, key, undefined);
  }

  ttl(key: string, options?: WaitOptions): Promise<number | undefined> {
    return this.#perform(options, steps.ttlStep, key, undefined);
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readPutOptions(options);
      return this.#performRead(wait, steps.putStep, newWrite(this.engine, key, value, ttlMs), undefined);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  putMany(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readPutOptions(options);
      return this.putWrites(newWrites(this.engine, entries, ttlMs), wait);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Puts checked writes. The transaction takes over the list. */
  putWrites(writes: Write[], wait: WaitOptions | undefined): Promise<void> {
    return this.#performRead(wait, putManyStep, new WriteWork(writes, this.engine.settings.clock), undefined);
  }

  del(key: string, options?: WaitOptions): Promise<boolean> {
    return this.#perform(options, steps.deleteStep, key, undefined);
  }

  entries(range?: RangeOptions): ScanIterator {
    const scan = new LockingScan(this, range, this.#operations + 1);
    this.#scans ??= new Set();
    this.#scans.add(scan);
    return new ScanIterator(scan);
  }

  /** The next row of a scan of this transaction, which is an operation like any other. */
  nextRow(scan: LockingScan, call: number): Promise<RowResult> {
    try {
      // Not in the step, which would report an error of an accessor as the failure of a strategy.
      scan.checkOptions();
    } catch (error) {
      return this.#refuse(error);
    }
    return this.#performRead(scan.waitOptions, steps.scanStep, scan, call);
  }

  /**
   * Runs an action after all earlier operations: synchronously, without a promise, if none of them is
   * pending.
   */
  inTurn(action: () => void): Promise<void> | undefined {
    if (!this.#isWaiting) return void action();
    const operation = new Operation(this, steps.actionStep, action, undefined, ++this.#operations, 0);
    this.#ensureQueue().add(operation);
    // The action runs even if the queue is cancelled.
    return operation.promise.catch(action);
  }

  /** The scan does not have to be told of writes any more. */
  forgetScan(scan: LockingScan): void {
    this.#scans?.delete(scan);
  }

  savepoint(): Promise<Savepoint> {
    return this.#perform(undefined, steps.savepointStep, this.#operations + 1, undefined);
  }

  rollbackTo(savepoint: Savepoint): Promise<void> {
    const held = this.#savepoints?.find((own) => own === savepoint);
    if (this.status !== 'active') return Promise.reject(refusal(this));
    if (held === undefined) return Promise.reject(unknownSavepoint());
    const cancelled = abortedByRollbackTo();
    this.#queue?.failAllSince(held.operationNumber, cancelled);
    for (const scan of this.#scans ?? [])
      if (scan.operationNumber > held.operationNumber) scan.cancel(cancelled);
    return this.#perform(undefined, steps.rollbackToStep, held, undefined);
  }

  // The end

  commit(): Promise<void> {
    if (this.status !== 'active') return Promise.reject(refusal(this));
    const { size } = this.writes;
    const isShort = size <= MOST_PUBLISHED_AT_ONCE && (this.engine.journal === undefined || size === 0);
    if (isShort && !this.#isWaiting) {
      this.status = 'committing';
      try {
        return publish(this, undefined) ?? DONE;
      } catch (error) {
        return Promise.reject(failCommit(this, error));
      }
    }
    // If one of these fails, the commit says so; it need not be handled twice.
    this.#queue?.silence();
    const committed = this.#perform(undefined, steps.commitStep, undefined, undefined);
    // A large commit may be visible already, and a failed one has ended the transaction.
    if (this.status === 'active') this.status = 'committing';
    return committed;
  }

  rollback(): Promise<void> {
    this.abort(new MemStoreError('TRANSACTION_ABORTED', `Transaction ${this.id} was rolled back.`));
    return this.ended();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rollback();
  }

  ended(): Promise<void> {
    return this.ending === undefined ? DONE : this.ending.catch(() => {});
  }

  abort(error: MemStoreError): void {
    if (this.ending !== undefined || this.status === 'aborted' || this.status === 'committed') return;
    this.drop(error);
  }

  /** Rolls the transaction back in any state. REQUIRES: it has not ended. */
  drop(error: MemStoreError): MemStoreError {
    this.status = 'aborted';
    this.failure = error;
    this.#queue?.failAllSince(0, error);
    // Also for a request that is not in the queue yet: this may be called while it is being made.
    this.session.withdraw(error);
    this.engine.counters.rollbacks++;
    this.engine.events.emit('rollback', { transactionId: this.id, cause: error });
    finish(this, undefined);
    return error;
  }

  // What steps call

  keepSavepoint(savepoint: HeldSavepoint): void {
    this.#savepoints ??= [];
    this.#savepoints.push(savepoint);
  }

  /** Tells the scans that a key was written, so that scans that have not reached it yet include it. */
  onWrite(key: string): void {
    if (this.#scans !== undefined) for (const scan of this.#scans) scan.onWrite(key);
  }

  /** Undoes writes since a savepoint, or a part of them. Returns whether there are more. */
  undoTo(savepoint: HeldSavepoint): boolean {
    // Later savepoints are invalid once the first write is undone.
    this.#savepoints?.splice(this.#savepoints.indexOf(savepoint) + 1);
    if (this.writes.undoTo(savepoint.mark, MOST_UNDONE_AT_ONCE)) return true;
    for (const scan of this.#scans ?? []) scan.onUndo();
    return false;
  }

  // The order of operations

  get #isWaiting(): boolean {
    return this.#queue !== undefined && !this.#queue.isEmpty;
  }

  #refuse(error: unknown): Promise<never> {
    return Promise.reject(this.status === 'active' ? error : refusal(this));
  }

  /** Does the step now if nothing is in the way, and otherwise puts it in the queue. */
  #perform<A, B, T>(
    options: WaitOptions | undefined,
    step: Step<ReadWriteTransaction, A, B, T>,
    a: A,
    b: B,
  ): Promise<T> {
    if (options !== undefined) return this.#performAsAsked(options, step, a, b);
    let outcome: T | Promise<T>;
    try {
      outcome = this.attempt(step, a, b);
    } catch (error) {
      return Promise.reject(operationFailed(error));
    }
    return outcome === undefined ? (DONE as Promise<T>) : Promise.resolve(outcome);
  }

  /** The same for who would rather have the result than a promise of it: throws what the step throws. */
  attempt<A, B, T>(step: Step<ReadWriteTransaction, A, B, T>, a: A, b: B): T | Promise<T> {
    if (this.#isWaiting || this.status !== 'active') return this.#performInTurn(undefined, step, a, b);
    this.touched = true;
    const number = ++this.#operations;
    const outcome = step(this, a, b);
    if (!(outcome instanceof Promise)) return outcome;
    return this.#wait(new Operation(this, step, a, b, number, this.lockTimeoutMs), outcome);
  }

  #performAsAsked<A, B, T>(
    options: WaitOptions,
    step: Step<ReadWriteTransaction, A, B, T>,
    a: A,
    b: B,
  ): Promise<T> {
    try {
      return this.#performRead(readWaitOptions(options), step, a, b);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** Runs a step with wait options that were read before. */
  #performRead<A, B, T>(
    wait: WaitOptions | undefined,
    step: Step<ReadWriteTransaction, A, B, T>,
    a: A,
    b: B,
  ): Promise<T> {
    return wait === undefined ? this.#perform(undefined, step, a, b) : this.#performInTurn(wait, step, a, b);
  }

  #performInTurn<A, B, T>(
    options: WaitOptions | undefined,
    step: Step<ReadWriteTransaction, A, B, T>,
    a: A,
    b: B,
  ): Promise<T> {
    if (this.status !== 'active') return Promise.reject(refusal(this));
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(abortedBy(signal));
    this.touched = true;
    const timeoutMs = options?.lockTimeout ?? this.lockTimeoutMs;
    const operation = new Operation(this, step, a, b, ++this.#operations, timeoutMs, signal);
    this.#ensureQueue().add(operation);
    return operation.promise;
  }

  #wait<T>(operation: Waiting<T>, waiting: Promise<void>): Promise<T> {
    if (this.status === 'aborted') {
      // The request made this transaction the victim of a deadlock.
      waiting.catch(() => {});
      operation.reject(this.failure);
    } else {
      this.#ensureQueue().addWaiting(operation, waiting);
    }
    return operation.promise;
  }

  #ensureQueue(): OperationQueue {
    this.#queue ??= new OperationQueue(this, this.engine.waits, this.engine.counters);
    return this.#queue;
  }

  timeOut(operation: PendingOperation): void {
    this.engine.counters.lockTimeouts++;
    this.#queue?.fail(operation, lockTimedOut(this.id, operation, this.engine.locks));
  }

  cancel(operation: PendingOperation, error: MemStoreError): void {
    this.#queue?.fail(operation, error);
  }

  onOperationFailed(error: unknown): void {
    if (this.status === 'committing') this.abort(operationFailed(error));
  }
}
