import { checkKey, checkKeys } from '../../arguments/check-arguments.ts';
import { readWaitOptions } from '../../arguments/read-options.ts';
import { ScanOptions } from '../../arguments/scan-options.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type {
  PutOptions,
  RangeOptions,
  Savepoint,
  TransactionStatus,
  WaitOptions,
} from '../../contract/store.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import { STEPS_PER_LOOK } from '../../lifecycle/turn-limits.ts';
import type { OrderedKeys } from '../../shards/shard-strategy.ts';
import type { Engine } from '../engine.ts';
import { ScanIterator } from '../scan/scan-iterator.ts';
import { SnapshotScan } from '../scan/snapshot-scan.ts';
import type { EngineTransaction } from '../transaction/engine-transaction.ts';
import { type OpenTransaction, refusal } from '../transaction/open-transactions.ts';
import { DONE } from '../transaction/operation.ts';
import { readInTurns } from '../transaction/read-in-turns.ts';
import { operationFailed } from '../transaction/strategy-failed.ts';
import type { SnapshotView } from './version-history.ts';

/** A read-only transaction: the committed state as it was when it began. It takes no lock and never waits. */
export class SnapshotTransaction implements EngineTransaction, OpenTransaction {
  readonly id: number;
  readonly age: number;
  readonly readOnly = true;
  status: TransactionStatus = 'active';
  failure: MemStoreError | undefined = undefined;
  touched = true;
  idleSinceMs = 0;
  previous: OpenTransaction | undefined = undefined;
  next: OpenTransaction | undefined = undefined;
  readonly engine: Engine;
  readonly #view: SnapshotView;
  readonly #beganEpochMs: number;
  /** The entries whose time was over at the beginning but which were locked, and so were still there. */
  readonly #heldOver: ReadonlySet<string> | undefined;

  constructor(engine: Engine, id: number) {
    this.id = id;
    this.age = id;
    this.engine = engine;
    const { clock } = engine.settings;
    this.#beganEpochMs = clock.epochMs();
    this.#heldOver = engine.dueButHeldOver(this.#beganEpochMs);
    this.#view = engine.history.open(engine.sequence, clock.monotonicMs(), () => this.#giveUp());
  }

  get isBusy(): boolean {
    return false;
  }

  get(key: string, options?: WaitOptions): Promise<unknown> {
    try {
      return Promise.resolve(this.read(key, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What `get` resolves with, as all reads here are done within the call. */
  read(key: string, options?: WaitOptions): unknown {
    this.checkRead(options);
    checkKey(key);
    return this.load(key);
  }

  async getMany<const Ks extends readonly string[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: unknown }> {
    type Values = { -readonly [I in keyof Ks]: unknown };
    return (await this.readMany(keys, options)) as Values;
  }

  /** Returns the result of `getMany`, or a promise of it if the list is long. */
  readMany(keys: readonly string[], options?: WaitOptions): unknown[] | Promise<unknown[]> {
    this.checkRead(options);
    const wanted = checkKeys(keys);
    // An accessor in the list may have ended the transaction.
    this.checkOpen();
    return wanted.length > STEPS_PER_LOOK ? readInTurns(this, wanted) : wanted.map((key) => this.load(key));
  }

  async has(key: string, options?: WaitOptions): Promise<boolean> {
    return this.sees(key, options);
  }

  /** What `has` resolves with. */
  sees(key: string, options?: WaitOptions): boolean {
    this.checkRead(options);
    checkKey(key);
    return this.visible(key) !== undefined;
  }

  async ttl(key: string, options?: WaitOptions): Promise<number | undefined> {
    this.checkRead(options);
    checkKey(key);
    if (this.visible(key) === undefined) return undefined;
    const { engine } = this;
    const version = engine.history.versions === 0 ? undefined : engine.history.find(key, this.#view);
    const moving = version === undefined ? engine.moving(key, this.#view.sequence) : undefined;
    if (version === undefined && moving === undefined) return engine.timeLeftMs(key);
    const expiresAtMs = version === undefined ? moving?.expiresAtMs : version.expiresAtMs;
    return expiresAtMs === undefined ? undefined : Math.max(0, expiresAtMs - engine.settings.clock.epochMs());
  }

  entries(range?: RangeOptions): ScanIterator {
    return new ScanIterator(new SnapshotScan(this, ScanOptions.of(range)));
  }

  async savepoint(): Promise<Savepoint> {
    if (this.status !== 'active') throw refusal(this);
    return { transactionId: this.id };
  }

  async rollbackTo(savepoint: Savepoint): Promise<void> {
    if (this.status !== 'active') throw refusal(this);
    // There is nothing to undo, but a savepoint of another transaction is still a mistake.
    if (savepoint?.transactionId === this.id) return;
    throw new MemStoreError('INVALID_OPTION', 'The savepoint is not of this transaction.');
  }

  async getForUpdate(_key: string, _options?: WaitOptions): Promise<never> {
    this.refuseWrite();
  }

  async put(_key: string, _value: unknown, _options?: PutOptions): Promise<never> {
    this.refuseWrite();
  }

  async putMany(_entries: Iterable<readonly [string, unknown]>, _options?: PutOptions): Promise<never> {
    this.refuseWrite();
  }

  async del(_key: string, _options?: WaitOptions): Promise<never> {
    this.refuseWrite();
  }

  commit(): Promise<void> {
    if (this.status !== 'active') return Promise.reject(refusal(this));
    this.#end('committed');
    return DONE;
  }

  rollback(): Promise<void> {
    this.abort(new MemStoreError('TRANSACTION_ABORTED', `Transaction ${this.id} was rolled back.`));
    return DONE;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rollback();
  }

  abort(error: MemStoreError): void {
    if (this.status !== 'active') return;
    this.failure = error;
    this.#end('aborted');
  }

  ended(): Promise<void> {
    return DONE;
  }

  /** The value that the snapshot sees, as the caller may keep it. */
  load(key: string): unknown {
    return this.engine.settings.copier.load(this.visible(key));
  }

  /** The value that the snapshot sees, as it is stored. */
  visible(key: string): unknown {
    try {
      const value = this.peek(key);
      if (value !== undefined) this.engine.cache.onRead(key);
      return value;
    } catch (cause) {
      throw operationFailed(cause);
    }
  }

  /** The same without counting as a read of the key. */
  peek(key: string): unknown {
    const { engine } = this;
    const version = engine.history.versions === 0 ? undefined : engine.history.find(key, this.#view);
    if (version === undefined && engine.largeCommit !== undefined) {
      const moving = engine.moving(key, this.#view.sequence);
      if (moving !== undefined)
        return (moving.expiresAtMs ?? Number.POSITIVE_INFINITY) <= this.#beganEpochMs
          ? undefined
          : moving.value;
    }
    if (version === undefined && engine.expiry.size === 0) return engine.shards.get(key);
    const expiresAtMs = version === undefined ? engine.expiry.get(key) : version.expiresAtMs;
    if (expiresAtMs !== undefined && expiresAtMs <= this.#beganEpochMs && !this.#heldOver?.has(key))
      return undefined;
    return version === undefined ? engine.shards.get(key) : version.value;
  }

  /** Returns the ordered keys of the tables, or a promise while a large commit is still moving into them. */
  ordered(): OrderedKeys | Promise<OrderedKeys> {
    return this.engine.orderedAt(this.#view.sequence);
  }

  /** @throws {MemStoreError} why the snapshot has ended, if it has */
  checkOpen(): void {
    if (this.status !== 'active') throw refusal(this);
  }

  /**
   * What every read does first.
   * @throws {MemStoreError} why the snapshot has ended, INVALID_OPTION, ABORTED
   */
  checkRead(options: WaitOptions | undefined): void {
    this.checkOpen();
    let signal: AbortSignal | undefined;
    if (options !== undefined) {
      signal = readWaitOptions(options)?.signal;
      // An accessor of the options may have ended the transaction.
      this.checkOpen();
    }
    this.touch(signal);
  }

  /**
   * Counts as a use, unless the signal cancels it.
   * @throws {MemStoreError} ABORTED
   */
  touch(signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw abortedBy(signal);
    this.touched = true;
  }

  /** @throws {MemStoreError} READ_ONLY, or why the snapshot has ended */
  refuseWrite(): never {
    this.checkOpen();
    throw new MemStoreError(
      'READ_ONLY',
      'The transaction is read-only: it cannot write, nor read for update.',
    );
  }

  #giveUp(): void {
    const message =
      `The store no longer keeps the history that snapshot ${this.id} needs ` +
      '(maxHistoryVersions, maxHistoryBytes).';
    this.abort(new MemStoreError('SNAPSHOT_TOO_OLD', message));
    this.engine.events.emit('snapshotTooOld', { transactionId: this.id });
  }

  #end(status: 'committed' | 'aborted'): void {
    this.status = status;
    this.engine.history.close(this.#view);
    this.engine.closed(this, undefined);
  }
}
