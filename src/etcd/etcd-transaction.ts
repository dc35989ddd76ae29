import { addTo } from '../arguments/add-to.ts';
import { checkKey, checkKeys, checkStorableKey, unknownSavepoint } from '../arguments/check-keys.ts';
import { checkFunction } from '../arguments/check-options.ts';
import {
  readPutOptions,
  readTouchOptions,
  readUpdateOptions,
  readWaitOptions,
} from '../arguments/read-options.ts';
import { readClearOptions } from '../arguments/scan-options.ts';
import { finiteTtl } from '../arguments/ttl.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import type { UpdateTtl } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type {
  ClearOptions,
  PutOptions,
  RangeOptions,
  TouchOptions,
  UpdateOptions,
  WaitOptions,
} from '../contract/options.ts';
import type { Savepoint, TransactionStatus } from '../contract/transaction.ts';
import { CallerError } from '../lifecycle/caller-error.ts';
import { abortedByRollbackTo, refuseIfAborted, unlessAborted } from '../lifecycle/cancellation.ts';
import { readOnly, refusal, refusalOr, rolledBack } from '../lifecycle/transaction-errors.ts';
import { type CommitHost, commit } from './commit.ts';
import type { ResolvedEtcdOptions } from './etcd-options.ts';
import { EtcdSavepoint } from './etcd-savepoint.ts';
import { EtcdScan } from './etcd-scan.ts';
import { OperationChain, type Work } from './operation-chain.ts';
import {
  checkSize,
  checkWriteCount,
  grantLeases,
  type PendingWrite,
  type PendingWrites,
  revokeLeases,
  toOperations,
  toWrites,
} from './pending-writes.ts';
import { ReadSet } from './read-set.ts';
import { type LockHost, RowLocks } from './row-locks.ts';

/** The part of the store that a transaction uses. */
export interface TransactionHost extends CommitHost, LockHost {
  readonly codec: ValueCodec;
  readonly options: ResolvedEtcdOptions;
  /** The unique name of this store among all stores that share the cluster. */
  readonly name: string;
  ended(transaction: EtcdTransaction): void;
}

export interface BeginResult {
  readonly id: number;
  readonly age: number;
  readonly lockTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** The revision that a read-only transaction reads. Undefined for a read-write transaction. */
  readonly snapshot: string | undefined;
}

/**
 * An optimistic transaction. It reads at one revision of the cluster and keeps its writes private. At commit,
 * the cluster first checks that everything it has read is unchanged, and then writes.
 */
export class EtcdTransaction {
  readonly id: number;
  readonly age: number;
  readonly readOnly: boolean;
  readonly host: TransactionHost;
  readonly reads: ReadSet;
  readonly locks: RowLocks;
  readonly writes: Map<string, PendingWrite> = new Map();
  readonly #lockTimeoutMs: number;
  readonly #chain: OperationChain;
  readonly #scans = new Set<EtcdScan>();
  readonly #savepoints: EtcdSavepoint[] = [];
  #status: TransactionStatus = 'active';
  #failure: MemStoreError | undefined;
  #ending: Promise<void> = Promise.resolve();
  /** True while the function of an update is at work. Meanwhile the transaction counts as idle. */
  #waitsForCaller = false;
  readonly idleTimeoutMs: number;
  lastTouchedMs: number;

  constructor(host: TransactionHost, { id, age, lockTimeoutMs, idleTimeoutMs, snapshot }: BeginResult) {
    this.host = host;
    this.id = id;
    this.age = age;
    this.readOnly = snapshot !== undefined;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.idleTimeoutMs = idleTimeoutMs;
    this.reads = new ReadSet(host);
    this.reads.revision = snapshot;
    this.locks = new RowLocks(host, `${host.name}:${id}`);
    this.#chain = new OperationChain((error) => this.#onFailure(error));
    this.lastTouchedMs = host.clock.monotonicMs();
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  get failure(): MemStoreError | undefined {
    return this.#failure;
  }

  /** Whether an operation or the commit is in progress. A busy transaction is not idle. */
  get isBusy(): boolean {
    return (this.#chain.isBusy && !this.#waitsForCaller) || this.#status === 'committing';
  }

  // Operations

  get(key: string, options?: WaitOptions): Promise<unknown> {
    return this.perform(
      options,
      () => checkKey(key),
      async (_, cancelled) => {
        await this.#fetch([key], cancelled);
        return this.#visible(key);
      },
    );
  }

  getForUpdate(key: string, options?: WaitOptions): Promise<unknown> {
    return this.perform(
      options,
      () => this.#checkWritable(key),
      async (timeoutMs, cancelled) => {
        await this.locks.acquire(key, timeoutMs, cancelled);
        await this.reads.refresh(key, cancelled);
        return this.#visible(key);
      },
    );
  }

  getMany(keys: readonly string[], options?: WaitOptions): Promise<unknown[]> {
    let wanted: string[] = [];
    const check = (): void => {
      wanted = checkKeys(keys);
    };
    return this.perform(options, check, async (_, cancelled) => {
      await this.#fetch(wanted, cancelled);
      return wanted.map((key) => this.#visible(key));
    });
  }

  has(key: string, options?: WaitOptions): Promise<boolean> {
    return this.get(key, options).then((value) => value !== undefined);
  }

  ttl(key: string, options?: WaitOptions): Promise<number | undefined> {
    return this.perform(
      options,
      () => checkKey(key),
      async (_, cancelled) => {
        await this.#fetch([key], cancelled);
        const write = this.writes.get(key);
        if (write !== undefined && write.lease === undefined) return write.ttlMs;
        const { lease = '0' } = write ?? this.reads.get(key) ?? {};
        return lease === '0' ? undefined : this.host.cluster.timeLeftMs(lease);
      },
    );
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<void> {
    return this.putMany([[key, value]], options);
  }

  putMany(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    return this.#operate(
      () => this.#readPut(entries, options),
      undefined,
      async ({ writes }) => this.#add(writes),
    );
  }

  #readPut(entries: unknown, options: PutOptions | undefined): EncodedPut {
    const { wait, ttlMs } = readPutOptions(options);
    if (this.readOnly) throw readOnly();
    // Encode the values now, so that later changes by the caller have no effect.
    return { wait, writes: toWrites(this.host, entries, ttlMs) };
  }

  /** Puts entries that were already checked and encoded. */
  putWrites(writes: PendingWrites, wait: WaitOptions | undefined): Promise<void> {
    return this.performWith(wait, undefined, async () => this.#add(writes));
  }

  #add(writes: PendingWrites): void {
    for (const [key, write] of writes) this.writes.set(key, write);
  }

  del(key: string, options?: WaitOptions): Promise<boolean> {
    return this.perform(
      options,
      () => this.#checkWritable(key),
      async (_, cancelled) => {
        await this.#fetch([key], cancelled);
        if (this.#bytes(key) === undefined) return false;
        this.writes.set(key, DELETION);
        return true;
      },
    );
  }

  update(key: string, change: Change, options?: UpdateOptions): Promise<unknown> {
    return this.#operate(
      () => readUpdateOptions(options),
      () => {
        this.#checkWritable(key);
        checkFunction('change', change);
      },
      async ({ ttl }, timeoutMs, cancelled) => {
        await this.locks.acquire(key, timeoutMs, cancelled);
        await this.reads.refresh(key, cancelled);
        const changed = await this.#changed(change, this.#visible(key), cancelled);
        if (changed !== undefined) return this.#update(key, changed, ttl);
        if (this.#bytes(key) !== undefined) this.writes.set(key, DELETION);
        return undefined;
      },
    );
  }

  /** @throws {CallerError} with the error of the function */
  async #changed(change: Change, before: unknown, cancelled: AbortSignal): Promise<unknown> {
    this.lastTouchedMs = this.host.clock.monotonicMs();
    this.#waitsForCaller = true;
    const changed = new Promise((resolve) => resolve(change(before)));
    try {
      return await unlessAborted(changed, cancelled);
    } catch (error) {
      throw new CallerError(error);
    } finally {
      this.#waitsForCaller = false;
    }
  }

  /** Puts a value under a key that was read. Returns a copy of the value. */
  #update(key: string, value: unknown, ttl: UpdateTtl | undefined): unknown {
    const [[, write] = []] = toWrites(this.host, [[key, value]], ttl?.ttlMs);
    const bytes = write?.value;
    const exists = this.#bytes(key) !== undefined;
    const { ttlMs, lease } = exists && ttl?.isInitial !== false ? this.#deadlineOf(key) : (write ?? DELETION);
    this.writes.set(key, { value: bytes, ttlMs, lease });
    return this.#visible(key);
  }

  /** Returns how long the entry that the transaction sees lives. */
  #deadlineOf(key: string): Pick<PendingWrite, 'ttlMs' | 'lease'> {
    const write = this.writes.get(key);
    if (write !== undefined) return write;
    const { lease = '0' } = this.reads.get(key) ?? {};
    return { ttlMs: undefined, lease: lease === '0' ? undefined : lease };
  }

  increment(key: string, by: number | bigint = 1, options?: UpdateOptions): Promise<unknown> {
    return this.#operate(
      () => readUpdateOptions(options),
      () => this.#checkWritable(key),
      async ({ ttl }, _, cancelled) => {
        await this.#fetch([key], cancelled);
        return this.#update(key, addTo(key, this.#visible(key), by), ttl);
      },
    );
  }

  take(key: string, options?: WaitOptions): Promise<unknown> {
    return this.perform(
      options,
      () => this.#checkWritable(key),
      async (_, cancelled) => {
        await this.#fetch([key], cancelled);
        const value = this.#visible(key);
        if (value !== undefined) this.writes.set(key, DELETION);
        return value;
      },
    );
  }

  putIfAbsent(key: string, value: unknown, options?: PutOptions): Promise<boolean> {
    return this.#operate(
      () => this.#readPut([[key, value]], options),
      undefined,
      ({ writes }, _, cancelled) => this.#addIfAbsent(key, writes, cancelled),
    );
  }

  /** Puts an entry that was checked and encoded before, if its key is absent. */
  putWriteIfAbsent(key: string, writes: PendingWrites, wait: WaitOptions | undefined): Promise<boolean> {
    return this.performWith(wait, undefined, (_, cancelled) => this.#addIfAbsent(key, writes, cancelled));
  }

  async #addIfAbsent(key: string, writes: PendingWrites, cancelled: AbortSignal): Promise<boolean> {
    await this.#fetch([key], cancelled);
    if (this.#bytes(key) !== undefined) return false;
    this.#add(writes);
    return true;
  }

  touch(key: string, options: TouchOptions): Promise<boolean> {
    return this.#operate(
      () => readTouchOptions(options),
      () => this.#checkWritable(key),
      async ({ ttlMs }, _, cancelled) => {
        await this.#fetch([key], cancelled);
        const value = this.#bytes(key);
        if (value === undefined) return false;
        this.writes.set(key, { value, ttlMs: finiteTtl(ttlMs) });
        return true;
      },
    );
  }

  clear(options?: ClearOptions): Promise<number> {
    return this.#operate(
      () => {
        const request = readClearOptions(options);
        if (this.readOnly) throw readOnly();
        return request;
      },
      undefined,
      async ({ range }, timeoutMs, cancelled) => {
        const scan = new EtcdScan(this, range, this.#chain.calls);
        const rows = await scan.collect(timeoutMs, cancelled);
        const writes = new Map(this.writes);
        for (const [key] of rows) writes.set(key, DELETION);
        checkWriteCount(writes, this.host.options.maxTransactionOperations);
        this.#add(writes);
        return rows.length;
      },
    );
  }

  /** Performs an operation that reads options of its own. */
  #operate<Request extends { readonly wait: WaitOptions | undefined }, T>(
    read: () => Request,
    check: (() => void) | undefined,
    work: (request: Request, lockTimeoutMs: number, cancelled: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let request: Request;
    try {
      request = read();
    } catch (error) {
      return this.#refuse(error);
    }
    return this.performWith(request.wait, check, (timeoutMs, cancelled) =>
      work(request, timeoutMs, cancelled),
    );
  }

  entries(range?: RangeOptions): EtcdScan {
    const scan = new EtcdScan(this, range, this.#chain.calls);
    this.#scans.add(scan);
    return scan;
  }

  /** Runs an action after all earlier operations have settled. The action must not throw. */
  inTurn(action: () => void): Promise<void> {
    return this.#chain.inTurn(action);
  }

  forget(scan: EtcdScan): void {
    this.#scans.delete(scan);
  }

  savepoint(): Promise<Savepoint> {
    const call = this.#chain.calls + 1;
    return this.perform(undefined, undefined, async () => {
      const savepoint = new EtcdSavepoint(this.id, call, new Map(this.writes));
      this.#savepoints.push(savepoint);
      return savepoint;
    });
  }

  rollbackTo(savepoint: Savepoint): Promise<void> {
    if (this.#status !== 'active') return Promise.reject(refusal(this));
    const index = this.#savepoints.indexOf(savepoint as EtcdSavepoint);
    const held = this.#savepoints[index];
    if (held === undefined) return Promise.reject(unknownSavepoint());
    const cancelled = abortedByRollbackTo();
    this.#chain.cancelSince(held.call, cancelled);
    for (const scan of this.#scans) if (scan.begunAfter >= held.call) scan.cancel(cancelled);
    return this.perform(undefined, undefined, async () => {
      this.writes.clear();
      for (const [key, write] of held.writes) this.writes.set(key, write);
      this.#savepoints.splice(this.#savepoints.indexOf(held) + 1);
    });
  }

  // Ending

  commit(): Promise<void> {
    if (this.#status !== 'active') return Promise.reject(refusal(this));
    this.#status = 'committing';
    const committed = this.#chain.settled().then(() => this.#commit());
    this.#ending = committed.catch(() => {});
    return committed;
  }

  async #commit(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      // All reads are consistent at one revision, so a transaction without writes needs no check.
      if (this.writes.size > 0) await this.#publish();
    } catch (error) {
      this.abort(error instanceof MemStoreError ? error : aborted('The commit failed.', error));
      await this.locks.releaseAll();
      throw this.#failure;
    }
    this.#status = 'committed';
    this.host.ended(this);
    await this.locks.releaseAll();
  }

  async #publish(): Promise<void> {
    const { cluster, keys, options } = this.host;
    checkSize(keys, this.writes, options.maxTransactionOperations, options.maxRequestBytes);
    const compares = this.reads.compares();
    const leases = await grantLeases(cluster, this.writes);
    try {
      await commit(this.host, { compares, operations: toOperations(keys, this.writes, leases) });
    } catch (error) {
      // If the outcome is unknown, entries may use these leases. Unused ones expire by themselves.
      if (!(error instanceof MemStoreError && error.code === 'COMMIT_UNKNOWN'))
        await revokeLeases(cluster, leases);
      throw error;
    }
  }

  async rollback(): Promise<void> {
    if (this.#status === 'active') this.abort(rolledBack(this.id));
    await this.#ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rollback();
  }

  /** Resolves when a commit or rollback in progress has ended. */
  ended(): Promise<void> {
    return this.#ending;
  }

  /** Ends the transaction with `error`, unless it has already ended. */
  abort(error: MemStoreError): void {
    if (this.#status === 'aborted' || this.#status === 'committed') return;
    const wasActive = this.#status === 'active';
    this.#status = 'aborted';
    this.#failure = error;
    this.#chain.cancelSince(0, error);
    if (wasActive) this.#ending = this.locks.releaseAll();
    this.host.ended(this);
  }

  // Performing operations

  /**
   * Performs an operation after all earlier ones. If `check` throws, the operation rejects with that error
   * and has no effect.
   */
  perform<T>(
    options: WaitOptions | undefined,
    check: (() => void) | undefined,
    work: (lockTimeoutMs: number, cancelled: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let wait: WaitOptions | undefined;
    try {
      wait = readWaitOptions(options);
    } catch (error) {
      return this.#refuse(error);
    }
    return this.performWith(wait, check, work);
  }

  /** Performs an operation whose wait options were already checked. */
  performWith<T>(
    wait: WaitOptions | undefined,
    check: (() => void) | undefined,
    work: (lockTimeoutMs: number, cancelled: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      if (this.#status === 'active') {
        refuseIfAborted(wait);
        check?.();
      }
    } catch (error) {
      return this.#refuse(error);
    }
    // Code of the caller, such as a getter, may have ended the transaction meanwhile.
    if (this.#status !== 'active') return Promise.reject(refusal(this));
    this.lastTouchedMs = this.host.clock.monotonicMs();
    const timeoutMs = wait?.lockTimeout ?? this.#lockTimeoutMs;
    const inTurn: Work<T> = (cancelled) => work(timeoutMs, cancelled).catch((error) => this.#passOn(error));
    return this.#chain.add(inTurn, wait?.signal);
  }

  /** Rejects with the given error. If the transaction has ended, rejects with its failure instead. */
  #refuse(error: unknown): Promise<never> {
    return Promise.reject(refusalOr(this, error));
  }

  /** Reads the keys that the transaction has neither read nor written yet. */
  #fetch(keys: readonly string[], cancelled: AbortSignal): Promise<void> {
    return this.reads.fetch(
      keys.filter((key) => !this.writes.has(key)),
      cancelled,
    );
  }

  /**
   * Returns the value that the transaction sees for a key. REQUIRES: the transaction has read or written the
   * key.
   */
  #bytes(key: string): Buffer | undefined {
    const write = this.writes.get(key);
    return write === undefined ? this.reads.get(key)?.value : write.value;
  }

  #visible(key: string): unknown {
    const bytes = this.#bytes(key);
    return bytes === undefined ? undefined : this.host.codec.decode(bytes);
  }

  #checkWritable(key: string): void {
    if (this.readOnly) throw readOnly();
    checkStorableKey(key);
  }

  /**
   * Rethrows the error of an operation. If the transaction cannot succeed after this error, ends it first.
   */
  #passOn(error: unknown): never {
    if (error instanceof CallerError) throw error.error;
    if (error instanceof MemStoreError && FATAL.has(error.code)) {
      this.abort(
        new MemStoreError(error.code, error.message, { cause: error.cause, transactionId: this.id }),
      );
      throw this.#failure;
    }
    throw error;
  }

  #onFailure(error: unknown): void {
    if (this.#status !== 'committing') return;
    this.abort(error instanceof MemStoreError ? error : aborted('A pending operation failed.', error));
  }
}

/** The checked arguments of a put. */
interface EncodedPut {
  readonly wait: WaitOptions | undefined;
  readonly writes: PendingWrites;
}

const DELETION: PendingWrite = { value: undefined, ttlMs: undefined };

type Change = (value: unknown) => unknown;

const FATAL: ReadonlySet<string> = new Set(['CONFLICT', 'SNAPSHOT_TOO_OLD', 'CONNECTION_LOST']);

function aborted(message: string, cause: unknown): MemStoreError {
  return new MemStoreError('TRANSACTION_ABORTED', message, { cause });
}
