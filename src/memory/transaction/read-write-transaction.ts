import { checkKeys, checkStorableKey, unknownSavepoint } from '../../arguments/check-keys.ts';
import { checkFunction } from '../../arguments/check-options.ts';
import type { DirectTransaction, MaybePromise, UpdateTtl } from '../../contract/direct-operations.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type { RangeBounds } from '../../contract/key-range.ts';
import type { RangeOptions, WaitOptions } from '../../contract/options.ts';
import type { Savepoint, TransactionStatus } from '../../contract/transaction.ts';
import { abortedBy, abortedByRollbackTo } from '../../lifecycle/cancellation.ts';
import { refusal, refusalOr, rolledBack } from '../../lifecycle/transaction-errors.ts';
import { MAX_PUBLISHED_AT_ONCE, MAX_UNDONE_AT_ONCE } from '../../lifecycle/turn-limits.ts';
import type { LockOwner, LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import type { Pins } from '../expiry/pinned-entries.ts';
import type { OpenTransaction } from '../limits/open-transactions.ts';
import { LockingScan } from '../scan/locking-scan.ts';
import { CollectWork, type Row, type RowResult, ScanIterator } from '../scan/scan-iterator.ts';
import { operationFailed, rejectionOf } from '../strategy-failures.ts';
import { deletionOf, type Write } from '../write.ts';
import { ClearWork, clearStep } from './clear-step.ts';
import { failCommit, finish, publish } from './commit-transaction.ts';
import { newWriteSet } from './counted-write-set.ts';
import { countStep, deleteManyStep, putManyStep, readManyStep } from './list-steps.ts';
import { ListWork, WriteWork } from './list-work.ts';
import type { MemSavepoint } from './mem-savepoint.ts';
import { newWrite, newWrites } from './new-write.ts';
import {
  type LockRequest,
  lockTimedOut,
  Operation,
  type OperationOwner,
  type PendingOperation,
  type Step,
  type Waiting,
} from './operation.ts';
import { OperationQueue, type QueueOwner } from './operation-queue.ts';
import * as steps from './transaction-steps.ts';
import * as updates from './update-steps.ts';
import { type Change, UpdateWork } from './update-work.ts';
import type { WriteSet } from './write-set.ts';

/**
 * A transaction under strong strict two-phase locking. It locks the keys that it reads and writes, and keeps
 * its writes private. It releases its locks only after it has published or dropped the writes.
 *
 * Each operation is a step, which runs synchronously if it can. Otherwise it waits in the queue.
 */
export class ReadWriteTransaction
  implements DirectTransaction, LockOwner, OpenTransaction, OperationOwner, QueueOwner
{
  readonly id: number;
  readonly age: number;
  status: TransactionStatus = 'active';
  failure: MemStoreError | undefined = undefined;
  idleSinceMs: number | undefined = undefined;
  previous: OpenTransaction | undefined = undefined;
  next: OpenTransaction | undefined = undefined;
  readonly engine: Engine;
  readonly session: LockSession;
  readonly lockTimeoutMs: number;
  blockedBy: LockRequest | undefined = undefined;
  pins: Pins | undefined = undefined;
  readonly writes: WriteSet;
  /** True while the function of an update runs. Operations that it calls wait for the update. */
  isInCallback = false;
  #queue: OperationQueue | undefined = undefined;
  #operations = 0;
  #savepoints: MemSavepoint[] | undefined = undefined;
  #scans: Set<LockingScan> | undefined = undefined;
  /**
   * Pending while the commit can no longer be rolled back, and while ending the transaction takes several
   * turns. Ending releases the locks and makes room in the cache.
   */
  ending: Promise<void> | undefined = undefined;

  constructor(engine: Engine, id: number, age: number, lockTimeoutMs: number) {
    this.id = id;
    this.age = age;
    this.engine = engine;
    this.lockTimeoutMs = lockTimeoutMs;
    this.session = engine.locks.session(this);
    this.writes = newWriteSet(this, engine.uncommitted);
  }

  get readOnly(): false {
    return false;
  }

  get noWait(): boolean {
    return (this.#queue?.stepTimeoutMs ?? this.lockTimeoutMs) === 0;
  }

  get isBusy(): boolean {
    return (this.isWaiting && this.#queue?.waitsForCaller === false) || this.ending !== undefined;
  }

  // Operations

  get(key: string, wait: WaitOptions | undefined): unknown {
    return this.run(steps.readStep, key, 'shared', wait);
  }

  getForUpdate(key: string, wait: WaitOptions | undefined): unknown {
    return this.run(steps.readStep, key, 'exclusive', wait);
  }

  getMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<unknown[]> {
    return this.run(readManyStep, this.listOf(keys), [], wait);
  }

  has(key: string, wait: WaitOptions | undefined): MaybePromise<boolean> {
    return this.run(steps.hasStep, key, undefined, wait);
  }

  countExisting(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number> {
    return this.run(countStep, this.listOf(keys), undefined, wait);
  }

  timeToLive(key: string, wait: WaitOptions | undefined): MaybePromise<number | undefined> {
    return this.run(steps.ttlStep, key, undefined, wait);
  }

  put(
    key: string,
    value: unknown,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<void> {
    return this.run(steps.putStep, this.checkedWrite(key, value, ttlMs), undefined, wait);
  }

  putMany(
    entries: Iterable<readonly [key: string, value: unknown]>,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<void> {
    let writes: Write[];
    try {
      writes = newWrites(this.engine, entries, ttlMs);
    } catch (error) {
      throw refusalOr(this, error);
    }
    return this.putWrites(writes, wait);
  }

  /** Puts checked writes. The caller must not use the list afterwards. */
  putWrites(writes: Write[], wait: WaitOptions | undefined): MaybePromise<void> {
    return this.run(putManyStep, new WriteWork(writes, this.engine.settings.clock), undefined, wait);
  }

  del(key: string, wait: WaitOptions | undefined): MaybePromise<boolean> {
    return this.run(steps.deleteStep, key, undefined, wait);
  }

  delMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number> {
    const deletions = this.checked(keys).map(deletionOf);
    return this.run(deleteManyStep, new WriteWork(deletions, this.engine.settings.clock), undefined, wait);
  }

  update(
    key: string,
    change: Change,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<unknown> {
    try {
      checkStorableKey(key);
      checkFunction('change', change);
    } catch (error) {
      throw refusalOr(this, error);
    }
    return this.runUpdate(new UpdateWork(key, change, ttl, wait?.signal), wait);
  }

  /** Runs an update whose arguments were checked. */
  runUpdate(work: UpdateWork, wait: WaitOptions | undefined): unknown {
    try {
      return this.run(updates.updateStep, work, undefined, wait);
    } finally {
      this.#queue?.start();
    }
  }

  increment(
    key: string,
    by: number | bigint,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<number | bigint> {
    return this.run(updates.incrementStep, { key, by, ttl }, undefined, wait);
  }

  take(key: string, wait: WaitOptions | undefined): unknown {
    return this.run(updates.takeStep, key, undefined, wait);
  }

  putIfAbsent(
    key: string,
    value: unknown,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<boolean> {
    return this.putWriteIfAbsent(this.checkedWrite(key, value, ttlMs), wait);
  }

  /** Puts a checked write if its key is absent. */
  putWriteIfAbsent(write: Write, wait: WaitOptions | undefined): MaybePromise<boolean> {
    return this.run(updates.putIfAbsentStep, write, undefined, wait);
  }

  touch(key: string, ttlMs: number, wait: WaitOptions | undefined): MaybePromise<boolean> {
    return this.run(updates.touchStep, key, ttlMs, wait);
  }

  clear(range: RangeBounds, wait: WaitOptions | undefined): MaybePromise<number> {
    return this.run(clearStep, new ClearWork(this, range, this.#operations + 1), undefined, wait);
  }

  entries(range: RangeOptions | undefined): ScanIterator {
    const scan = new LockingScan(this, range, this.#operations + 1);
    this.#scans ??= new Set();
    this.#scans.add(scan);
    return new ScanIterator(scan);
  }

  /** Returns the next row of a scan. It is queued like any other operation. */
  nextRow(scan: LockingScan, call: number): MaybePromise<RowResult> {
    this.checkOptions(scan);
    return this.run(steps.scanStep, scan, call, scan.waitOptions);
  }

  /** Returns all remaining rows of a scan, as one operation. */
  allRows(scan: LockingScan, call: number): MaybePromise<Row[]> {
    this.checkOptions(scan);
    const work = new CollectWork(call, this.engine.settings.clock);
    return this.run(steps.collectStep, scan, work, scan.waitOptions);
  }

  private checkOptions(scan: LockingScan): void {
    try {
      // Check the options outside the step. Inside, the error of a getter would be reported as a strategy
      // failure.
      scan.checkOptions();
    } catch (error) {
      throw refusalOr(this, error);
    }
  }

  /**
   * Runs an action after all earlier operations. Without pending operations, runs it synchronously and
   * returns undefined.
   */
  inTurn(action: () => void): Promise<void> | undefined {
    if (!this.isWaiting) return void action();
    const operation = new Operation(this, steps.actionStep, action, undefined, ++this.#operations, 0);
    this.ensureQueue().add(operation);
    // The action must run even if the queue is cancelled.
    return operation.promise.catch(action);
  }

  /** Removes a scan that has ended, so that later writes do not notify it. */
  forgetScan(scan: LockingScan): void {
    this.#scans?.delete(scan);
  }

  savepoint(): MaybePromise<Savepoint> {
    return this.run(steps.savepointStep, this.#operations + 1, undefined, undefined);
  }

  rollbackTo(savepoint: Savepoint): MaybePromise<void> {
    const held = this.#savepoints?.find((own) => own === savepoint);
    if (this.status !== 'active') throw refusal(this);
    if (held === undefined) throw unknownSavepoint();
    const cancelled = abortedByRollbackTo();
    this.#queue?.failAllSince(held.operationNumber, cancelled);
    for (const scan of this.#scans ?? [])
      if (scan.operationNumber > held.operationNumber) scan.cancel(cancelled);
    return this.run(steps.rollbackToStep, held, undefined, undefined);
  }

  // Ending

  commit(): MaybePromise<void> {
    if (this.status !== 'active') throw refusal(this);
    const { size } = this.writes;
    const isShort = size <= MAX_PUBLISHED_AT_ONCE && (this.engine.journal === undefined || size === 0);
    if (isShort && !this.isWaiting) {
      this.status = 'committing';
      try {
        return publish(this, undefined);
      } catch (error) {
        throw failCommit(this, error);
      }
    }
    // If a queued operation fails, the commit rejects with its error. So the caller need not handle it twice.
    this.#queue?.silence();
    const committed = this.run(steps.commitStep, undefined, undefined, undefined);
    // The commit may have changed the status already: a large commit may be visible, and a failed one is
    // aborted.
    if (this.status === 'active') this.status = 'committing';
    return committed;
  }

  rollback(): MaybePromise<void> {
    this.abort(rolledBack(this.id));
    return this.whenEnded();
  }

  whenEnded(): Promise<void> | undefined {
    return this.ending?.catch(() => {});
  }

  abort(error: MemStoreError): void {
    if (this.ending !== undefined || this.status === 'aborted' || this.status === 'committed') return;
    this.#queue?.failAllSince(0, error);
    this.drop(error);
  }

  /**
   * Rolls the transaction back, even during its commit. Returns a promise if releasing the locks takes
   * several turns. REQUIRES: it has not ended, and no operation is pending besides the commit.
   */
  drop(error: MemStoreError): Promise<void> | undefined {
    this.status = 'aborted';
    this.failure = error;
    // `drop` may run while a lock request is being made, before the request is in the queue. Withdraw that
    // request too.
    this.session.withdraw(error);
    this.engine.counters.rollbacks++;
    this.engine.events.emit('rollback', { transactionId: this.id, cause: error });
    return finish(this, undefined);
  }

  // Methods for steps

  keepSavepoint(savepoint: MemSavepoint): void {
    this.#savepoints ??= [];
    this.#savepoints.push(savepoint);
  }

  /** Notifies the scans that a key was written. Scans that have not passed the key will include it. */
  onWrite(key: string): void {
    if (this.#scans !== undefined) for (const scan of this.#scans) scan.onWrite(key);
  }

  /** Undoes writes since a savepoint, or some of them if there are many. Returns whether there are more. */
  undoTo(savepoint: MemSavepoint): boolean {
    // Undoing the first write invalidates all later savepoints.
    this.#savepoints?.splice(this.#savepoints.indexOf(savepoint) + 1);
    if (this.writes.undoTo(savepoint.mark, MAX_UNDONE_AT_ONCE)) return true;
    for (const scan of this.#scans ?? []) scan.onUndo();
    return false;
  }

  // The order of operations. These methods are not `#private`, because that costs a field in each
  // transaction.

  private get isWaiting(): boolean {
    return this.isInCallback || (this.#queue !== undefined && !this.#queue.isEmpty);
  }

  private listOf(keys: readonly string[]): ListWork<string> {
    return new ListWork(this.checked(keys), this.engine.settings.clock);
  }

  private checkedWrite(key: string, value: unknown, ttlMs: number | undefined): Write {
    try {
      return newWrite(this.engine, key, value, ttlMs);
    } catch (error) {
      throw refusalOr(this, error);
    }
  }

  private checked(keys: readonly string[]): string[] {
    try {
      return checkKeys(keys);
    } catch (error) {
      throw refusalOr(this, error);
    }
  }

  /** Runs the step now if no operation is pending. Otherwise adds it to the queue. */
  run<A, B, T>(
    step: Step<ReadWriteTransaction, A, B, T>,
    a: A,
    b: B,
    wait: WaitOptions | undefined,
  ): MaybePromise<T> {
    if (wait !== undefined || this.isWaiting || this.status !== 'active')
      return this.enqueue(step, a, b, wait);
    this.idleSinceMs = undefined;
    const number = ++this.#operations;
    let outcome: T | Promise<void>;
    try {
      outcome = step(this, a, b);
    } catch (error) {
      // The function of an update may have called `commit`, which waits for the update.
      this.onOperationFailed(error);
      throw rejectionOf(error);
    }
    if (!(outcome instanceof Promise)) return outcome;
    return this.suspend(new Operation(this, step, a, b, number, this.lockTimeoutMs), outcome);
  }

  private enqueue<A, B, T>(
    step: Step<ReadWriteTransaction, A, B, T>,
    a: A,
    b: B,
    wait: WaitOptions | undefined,
  ): Promise<T> {
    if (this.status !== 'active') throw refusal(this);
    const signal = wait?.signal;
    if (signal?.aborted) throw abortedBy(signal);
    this.idleSinceMs = undefined;
    const timeoutMs = wait?.lockTimeout ?? this.lockTimeoutMs;
    const operation = new Operation(this, step, a, b, ++this.#operations, timeoutMs, signal);
    this.ensureQueue().add(operation);
    return operation.promise;
  }

  private suspend<T>(operation: Waiting<T>, waiting: Promise<void>): Promise<T> {
    if (this.status === 'aborted') {
      // The lock request made this transaction the victim of a deadlock.
      waiting.catch(() => {});
      operation.reject(this.failure);
    } else {
      this.ensureQueue().addWaiting(operation, waiting);
    }
    return operation.promise;
  }

  private ensureQueue(): OperationQueue {
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
