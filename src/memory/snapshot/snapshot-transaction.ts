import { checkKey, checkKeys } from '../../arguments/check-keys.ts';
import { ScanOptions } from '../../arguments/scan-options.ts';
import type { DirectTransaction, MaybePromise } from '../../contract/direct-operations.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { RangeOptions, WaitOptions } from '../../contract/options.ts';
import type { Savepoint, TransactionStatus } from '../../contract/transaction.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import { readOnly, refusal, rolledBack } from '../../lifecycle/transaction-errors.ts';
import { STEPS_PER_LOOK } from '../../lifecycle/turn-limits.ts';
import type { OrderedKeys } from '../../shards/shard-strategy.ts';
import type { Engine } from '../engine.ts';
import type { OpenTransaction } from '../limits/open-transactions.ts';
import { ScanIterator } from '../scan/scan-iterator.ts';
import { SnapshotScan } from '../scan/snapshot-scan.ts';
import { operationFailed } from '../strategy-failures.ts';
import { countDefined } from '../values/count-defined.ts';
import { readInTurns } from './read-in-turns.ts';
import type { SnapshotView } from './version-history.ts';

/**
 * A read-only transaction. It reads the committed state as of the moment when it began. It takes no lock and
 * never waits.
 */
export class SnapshotTransaction implements DirectTransaction, OpenTransaction {
  readonly id: number;
  readonly age: number;
  status: TransactionStatus = 'active';
  failure: MemStoreError | undefined = undefined;
  idleSinceMs: number | undefined = undefined;
  previous: OpenTransaction | undefined = undefined;
  next: OpenTransaction | undefined = undefined;
  readonly engine: Engine;
  readonly #view: SnapshotView;
  readonly #beganEpochMs: number;
  /**
   * The entries that had already expired when the snapshot began, but were pinned. The snapshot shows them.
   */
  readonly #pinnedDueKeys: ReadonlySet<string> | undefined;

  constructor(engine: Engine, id: number) {
    this.id = id;
    this.age = id;
    this.engine = engine;
    const { clock } = engine.settings;
    this.#beganEpochMs = clock.epochMs();
    this.#pinnedDueKeys = engine.expiry.pinnedDueKeys(this.#beganEpochMs);
    this.#view = engine.history.open(engine.sequence, clock.monotonicMs(), this);
  }

  get readOnly(): true {
    return true;
  }

  get isBusy(): boolean {
    return false;
  }

  get(key: string, wait: WaitOptions | undefined): unknown {
    this.checkRead(wait);
    checkKey(key);
    return this.load(key);
  }

  /** Returns the values of the keys, or a promise of them if the list is long. */
  getMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<unknown[]> {
    const wanted = this.#checked(keys, wait);
    return wanted.length > STEPS_PER_LOOK ? readInTurns(this, wanted) : wanted.map((key) => this.load(key));
  }

  has(key: string, wait: WaitOptions | undefined): boolean {
    this.checkRead(wait);
    checkKey(key);
    return this.visible(key) !== undefined;
  }

  countExisting(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number> {
    const values = this.getMany(keys, wait);
    return values instanceof Promise ? values.then(countDefined) : countDefined(values);
  }

  timeToLive(key: string, wait: WaitOptions | undefined): number | undefined {
    this.checkRead(wait);
    checkKey(key);
    if (this.visible(key) === undefined) return undefined;
    const { engine } = this;
    const version = engine.history.versions === 0 ? undefined : engine.history.find(key, this.#view);
    const moving = version === undefined ? engine.movingEntry(key, this.#view.sequence) : undefined;
    if (version === undefined && moving === undefined)
      return engine.expiry.timeLeftMs(key) ?? Number.POSITIVE_INFINITY;
    const expiresAtMs = version === undefined ? moving?.expiresAtMs : version.expiresAtMs;
    if (expiresAtMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, expiresAtMs - engine.settings.clock.epochMs());
  }

  entries(range: RangeOptions | undefined): ScanIterator {
    return new ScanIterator(new SnapshotScan(this, ScanOptions.of(range)));
  }

  savepoint(): Savepoint {
    this.checkOpen();
    return { transactionId: this.id };
  }

  rollbackTo(savepoint: Savepoint): void {
    this.checkOpen();
    // There is nothing to undo, but passing the savepoint of another transaction is still a mistake.
    if (savepoint?.transactionId === this.id) return;
    throw new MemStoreError(
      'INVALID_OPTION',
      'The savepoint belongs to another transaction; pass one of this transaction.',
    );
  }

  getForUpdate(): never {
    this.refuseWrite();
  }

  put(): never {
    this.refuseWrite();
  }

  putMany(): never {
    this.refuseWrite();
  }

  del(): never {
    this.refuseWrite();
  }

  delMany(): never {
    this.refuseWrite();
  }

  update(): never {
    this.refuseWrite();
  }

  increment(): never {
    this.refuseWrite();
  }

  take(): never {
    this.refuseWrite();
  }

  putIfAbsent(): never {
    this.refuseWrite();
  }

  touch(): never {
    this.refuseWrite();
  }

  clear(): never {
    this.refuseWrite();
  }

  commit(): void {
    this.checkOpen();
    this.#end('committed');
  }

  rollback(): void {
    this.abort(rolledBack(this.id));
  }

  abort(error: MemStoreError): void {
    if (this.status !== 'active') return;
    this.failure = error;
    this.#end('aborted');
  }

  whenEnded(): undefined {
    return undefined;
  }

  /** Returns a copy of the value that the snapshot sees. The caller may keep it. */
  load(key: string): unknown {
    return this.engine.settings.copier.load(this.visible(key));
  }

  /** Returns the stored value that the snapshot sees, without copying it. */
  visible(key: string): unknown {
    try {
      const value = this.peek(key);
      if (value !== undefined) this.engine.cache.onRead(key);
      return value;
    } catch (cause) {
      throw operationFailed(cause);
    }
  }

  /** Returns the same value as `visible`, but does not count as a read of the key. */
  peek(key: string): unknown {
    const { engine } = this;
    const version = engine.history.versions === 0 ? undefined : engine.history.find(key, this.#view);
    if (version === undefined && engine.largeCommit !== undefined) {
      const moving = engine.movingEntry(key, this.#view.sequence);
      if (moving !== undefined)
        return (moving.expiresAtMs ?? Number.POSITIVE_INFINITY) <= this.#beganEpochMs
          ? undefined
          : moving.value;
    }
    if (version === undefined && engine.expiry.size === 0) return engine.shards.get(key);
    const expiresAtMs = version === undefined ? engine.expiry.get(key) : version.expiresAtMs;
    if (expiresAtMs !== undefined && expiresAtMs <= this.#beganEpochMs && !this.#pinnedDueKeys?.has(key))
      return undefined;
    return version === undefined ? engine.shards.get(key) : version.value;
  }

  /**
   * Returns the ordered keys, or a promise of them while a large commit is moving its writes into the tables.
   */
  orderedKeys(): OrderedKeys | Promise<OrderedKeys> {
    return this.engine.orderedKeysAt(this.#view.sequence);
  }

  /** @throws {MemStoreError} the error that ended the snapshot, if it has ended */
  checkOpen(): void {
    if (this.status !== 'active') throw refusal(this);
  }

  /**
   * Checks before each read that the snapshot is open and the read is not cancelled.
   * @throws {MemStoreError} the error that ended the snapshot, ABORTED
   */
  checkRead(wait: WaitOptions | undefined): void {
    this.checkOpen();
    this.noteUse(wait?.signal);
  }

  #checked(keys: readonly string[], wait: WaitOptions | undefined): string[] {
    this.checkRead(wait);
    const wanted = checkKeys(keys);
    // A getter in the list may have ended the transaction.
    this.checkOpen();
    return wanted;
  }

  /**
   * Restarts the idle timeout, unless the signal is aborted.
   * @throws {MemStoreError} ABORTED
   */
  noteUse(signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw abortedBy(signal);
    this.idleSinceMs = undefined;
  }

  /** @throws {MemStoreError} READ_ONLY, or the error that ended the snapshot */
  refuseWrite(): never {
    this.checkOpen();
    throw readOnly();
  }

  /** Ends the snapshot because the store drops a version that the snapshot needs. */
  onTooOld(): void {
    const message =
      `The store no longer keeps the history that snapshot ${this.id} needs ` +
      '(maxHistoryVersions, maxHistoryBytes).';
    this.abort(new MemStoreError('SNAPSHOT_TOO_OLD', message));
    this.engine.events.emit('snapshotTooOld', { transactionId: this.id });
  }

  #end(status: 'committed' | 'aborted'): void {
    this.status = status;
    this.engine.history.close(this.#view);
    this.engine.removeEnded(this, undefined);
  }
}
