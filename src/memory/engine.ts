import type { Cache } from '../cache/cache-strategy.ts';
import { MemStoreError } from '../contract/errors.ts';
import { EventEmitter } from '../contract/events.ts';
import type { CycleStep } from '../contract/lock-report.ts';
import type { Journal, JournalWrite } from '../journal/journal.ts';
import { Drain } from '../lifecycle/drain.ts';
import { TurnBudget } from '../lifecycle/turn-budget.ts';
import type { LockHost, LockManager, LockOwner } from '../locks/lock-strategy.ts';
import type { OrderedKeys, ShardTable } from '../shards/shard-strategy.ts';
import { ChangeHub, type ChangeSink, type RemovalCause } from './changes/change-hub.ts';
import { type Counters, newCounters } from './counters.ts';
import { Expiry } from './expiry/expiry.ts';
import { Removals } from './expiry/removals.ts';
import { LargeCommit } from './large-commit.ts';
import { Admission } from './limits/admission.ts';
import { type OpenTransaction, OpenTransactions } from './limits/open-transactions.ts';
import { UncommittedBytes } from './limits/uncommitted-bytes.ts';
import { WaitTimer } from './limits/wait-timer.ts';
import { notifyCache, notifyCacheOrReport, resyncCache } from './notify-cache.ts';
import type { Settings } from './options.ts';
import { VersionHistory } from './snapshot/version-history.ts';
import { StoreState } from './store-state.ts';
import { commitFailed, operationFailed, storeFailed } from './strategy-failures.ts';
import type { Write, Writes } from './write.ts';

/** The strategies of one store. */
export interface EngineParts {
  readonly shards: ShardTable;
  readonly cache: Cache;
  readonly journal: Journal | undefined;
  /** Creates the lock manager. The engine is its host. */
  readonly createLocks: (host: LockHost) => LockManager;
}

/** A lock owner that can be rolled back. */
interface Victim extends LockOwner {
  abort(error: MemStoreError): void;
}

/** An entry of a large commit. A deletion has no value. */
interface MovingEntry {
  readonly value: unknown;
  readonly expiresAtMs: number | undefined;
}

/**
 * Holds the committed state of one store. No other code changes that state.
 * A commit is published in one synchronous step (`publish`), so readers never see a part of it.
 */
export class Engine implements LockHost {
  readonly settings: Settings;
  readonly shards: ShardTable;
  readonly locks: LockManager;
  readonly cache: Cache;
  readonly journal: Journal | undefined;
  readonly events: EventEmitter;
  readonly counters: Counters = newCounters();
  readonly history: VersionHistory;
  readonly expiry: Expiry;
  readonly waits: WaitTimer;
  readonly open: OpenTransactions;
  /** Limits how many transactions are open. Undefined if there is no limit. */
  readonly admission: Admission | undefined;
  /** Counts the bytes that open transactions hold. Undefined if there is no limit. */
  readonly uncommitted: UncommittedBytes | undefined;
  readonly removals: Removals;
  /** The change feeds. */
  readonly hub: ChangeHub;
  /** Receives each commit. Undefined while the store has no watchers and keeps no past changes. */
  changes: ChangeHub | undefined;
  /** The number of the last commit. A snapshot stores this number when it begins. */
  sequence = 0;
  /** The commit that is visible while its writes are still being moved into the tables. */
  largeCommit: LargeCommit | undefined = undefined;
  /** Whether the store takes new work. */
  readonly state: StoreState = new StoreState();
  /** Lets `close` wait for open transactions. */
  readonly drain: Drain = new Drain();
  #lastId = 0;

  constructor(settings: Settings, parts: EngineParts) {
    this.settings = settings;
    this.events = new EventEmitter(() => settings.clock.yieldTurn());
    this.shards = parts.shards;
    this.cache = parts.cache;
    this.journal = parts.journal;
    this.locks = parts.createLocks(this);
    this.history = new VersionHistory(
      settings.maxHistoryVersions,
      () => settings.clock.yieldTurn(),
      settings.maxHistoryBytes === Number.POSITIVE_INFINITY ? undefined : settings,
    );
    this.waits = new WaitTimer(settings.clock);
    this.open = new OpenTransactions(settings.clock, settings.idleTimeoutMs);
    this.admission =
      settings.maxActiveTransactions === Number.POSITIVE_INFINITY
        ? undefined
        : new Admission(settings.maxActiveTransactions, this.waits);
    const { maxTransactionBytes, maxUncommittedBytes } = settings;
    this.uncommitted =
      Math.min(maxTransactionBytes, maxUncommittedBytes) === Number.POSITIVE_INFINITY
        ? undefined
        : new UncommittedBytes(maxTransactionBytes, maxUncommittedBytes, settings.estimateSize);
    this.removals = new Removals(this);
    this.expiry = new Expiry(settings.clock, parts.cache, (keys) => this.removals.expire(keys));
    this.hub = new ChangeHub(this, settings.keptChanges);
    this.changes = this.hub.past === undefined ? undefined : this.hub;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  /** Reserves consecutive ids. Returns the first one. */
  reserveIds(count: number): number {
    const first = this.#lastId + 1;
    this.#lastId += count;
    return first;
  }

  get lastId(): number {
    return this.#lastId;
  }

  abortVictim(victim: LockOwner, cycle: readonly CycleStep[]): void {
    this.counters.deadlocks++;
    const ids = cycle.map((step) => step.transactionId).join(', ');
    const message =
      `Transactions ${ids} waited for each other. ` +
      `Transaction ${victim.id} is the youngest and was rolled back. Run it again.`;
    // Only transactions and removals open sessions. Removals never wait, so a victim is always a transaction.
    (victim as Victim).abort(new MemStoreError('DEADLOCK', message, { cycle, transactionId: victim.id }));
    this.events.emit('deadlock', { victimId: victim.id, cycle });
  }

  /**
   * Notifies the cache that a committed value was read.
   * @throws {MemStoreError} INVALID_OPTION when the cache throws
   */
  noteRead(key: string): void {
    try {
      this.cache.onRead(key);
    } catch (cause) {
      throw operationFailed(cause);
    }
  }

  /** Returns the committed value as it is stored. REQUIRES: the caller holds a lock on the key. */
  readLocked(key: string): unknown {
    try {
      const value = this.shards.get(key);
      if (value !== undefined) this.cache.onRead(key);
      return value;
    } catch (cause) {
      throw operationFailed(cause);
    }
  }

  /**
   * Returns the committed value as it is stored. The caller needs no lock. An expired entry stays visible
   * while a transaction pins it.
   */
  readCommitted(key: string): unknown {
    if (this.largeCommit !== undefined) {
      const moving = this.movingEntry(key, this.sequence);
      if (moving !== undefined) return this.expiry.isOver(moving.expiresAtMs) ? undefined : moving.value;
    }
    return this.expiry.isHidden(key) ? undefined : this.readLocked(key);
  }

  orderedKeys(): OrderedKeys | Promise<OrderedKeys> {
    return this.shards.ordered();
  }

  /**
   * Returns the keys as of the commit `sequence`. Waits first if a large commit that is visible at that point
   * is still moving its writes.
   */
  orderedKeysAt(sequence: number): OrderedKeys | Promise<OrderedKeys> {
    const { largeCommit } = this;
    if (largeCommit === undefined || largeCommit.sequence > sequence) return this.orderedKeys();
    return largeCommit.applied.then(() => this.orderedKeysAt(sequence));
  }

  /**
   * Returns what the large commit did to a key. Returns undefined if the commit did not write the key, or is
   * not visible as of the commit `sequence`.
   */
  movingEntry(key: string, sequence: number): MovingEntry | undefined {
    const { largeCommit } = this;
    if (largeCommit === undefined || largeCommit.sequence > sequence) return undefined;
    const write = largeCommit.find(key);
    if (write === undefined) return undefined;
    const { value } = write;
    return {
      value,
      expiresAtMs: value === undefined ? undefined : this.expiry.deadlineOf(write, largeCommit.commitMs),
    };
  }

  /**
   * Writes a commit to the journal. The function is async so that a journal that throws synchronously causes
   * a rejection.
   */
  async append(transactionId: number, writes: Iterable<Write>, commitMs: number | undefined): Promise<void> {
    const commit = { transactionId, writes: Array.from(writes, (write) => this.toJournal(write, commitMs)) };
    await this.journal?.append(commit);
  }

  /** Converts a write to the form that the journal expects. */
  toJournal(write: Write, commitMs: number | undefined): JournalWrite {
    if (write.value === undefined) return { key: write.key, deleted: true };
    return { key: write.key, value: write.value, expiresAtMs: this.expiry.deadlineOf(write, commitMs) };
  }

  /** Counts a commit, and emits `commit` if the transaction wrote anything. */
  recordCommit(transactionId: number, writes: number): void {
    this.counters.commits++;
    if (writes > 0 && this.events.hasListeners('commit'))
      this.events.emit('commit', { transactionId, writes });
  }

  /**
   * Publishes the writes of one transaction in one step. REQUIRES: the transaction holds the locks of their
   * keys.
   * @throws {MemStoreError} TRANSACTION_ABORTED if a strategy threw before anything changed; STORE_CLOSED if
   * a strategy threw later; then the store has closed itself
   */
  publish(writes: Iterable<Write>, commitMs: number | undefined): void {
    let installed = 0;
    try {
      // Notify the cache first. If it throws, nothing is published yet and the commit fails cleanly.
      for (const write of writes) notifyCache(this.cache, write);
      this.sequence++;
      const sink = this.changes?.begin(undefined);
      for (const write of writes) {
        this.#install(write, commitMs, this.sequence, sink);
        installed++;
      }
      sink?.end(this.sequence);
      this.history.enforceLimit();
    } catch (cause) {
      if (installed > 0) throw this.fail(cause);
      for (const write of writes) resyncCache(this, write.key);
      throw commitFailed(cause);
    }
  }

  /**
   * Publishes many writes. They become visible in one step, and are then moved into the tables over several
   * turns. REQUIRES: the transaction holds the locks of their keys until the promise resolves.
   * @param onVisible called in the step in which the writes become visible
   */
  async publishMany(writes: Writes, commitMs: number | undefined, onVisible: () => void): Promise<void> {
    while (this.largeCommit !== undefined) await this.largeCommit.applied;
    const { clock } = this.settings;
    const commit = new LargeCommit(++this.sequence, commitMs ?? clock.epochMs(), writes);
    this.largeCommit = commit;
    try {
      onVisible();
      const sink = this.changes?.beginLarge(commit.sequence, writes);
      const budget = new TurnBudget(clock);
      for (const write of writes) {
        notifyCacheOrReport(this, write);
        this.#install(write, commit.commitMs, commit.sequence, sink);
        if (!budget.isSpent()) continue;
        this.history.enforceLimit();
        await budget.yieldTurn();
      }
      sink?.end();
      this.history.enforceLimit();
    } catch (cause) {
      this.fail(cause);
    } finally {
      this.largeCommit = undefined;
      commit.end();
    }
  }

  /** Publishes a single write. Avoids the cost of iterating over a list. */
  publishOnly(write: Write, commitMs: number | undefined): void {
    try {
      notifyCache(this.cache, write);
      this.sequence++;
      const sink = this.changes?.begin(undefined);
      this.#install(write, commitMs, this.sequence, sink);
      sink?.end(this.sequence);
      if (this.history.isActive) this.history.enforceLimit();
    } catch (cause) {
      resyncCache(this, write.key);
      throw commitFailed(cause);
    }
  }

  /**
   * Publishes writes that are already in the journal, or removals. They must not fail. Reports an error that
   * the cache throws.
   * @param cause the reason of a removal; undefined for the commit of a transaction
   */
  forcePublish(writes: Iterable<Write>, commitMs: number | undefined, cause: RemovalCause | undefined): void {
    for (const write of writes) notifyCacheOrReport(this, write);
    try {
      this.sequence++;
      const sink = this.changes?.begin(cause);
      for (const write of writes) this.#install(write, commitMs, this.sequence, sink);
      sink?.end(this.sequence);
      this.history.enforceLimit();
    } catch (cause) {
      this.fail(cause);
    }
  }

  #install(write: Write, commitMs: number | undefined, sequence: number, sink: ChangeSink | undefined): void {
    const { key, value } = write;
    if (this.history.isActive)
      this.history.record(write, this.shards.get(key), this.expiry.get(key), sequence);
    if (value === undefined) {
      sink?.onWrite(write, undefined);
      this.shards.delete(key);
      this.expiry.set(key, undefined);
      return;
    }
    const expiresAtMs = this.expiry.deadlineOf(write, commitMs);
    sink?.onWrite(write, expiresAtMs);
    this.shards.set(key, value);
    this.expiry.set(key, expiresAtMs);
  }

  /** Emits the error of a strategy when no operation can reject with it. */
  reportStrategy(error: unknown): void {
    this.events.emit('strategyError', { error });
  }

  /** Closes the store after a strategy threw in the middle of a change. The change may be incomplete. */
  fail(cause: unknown): MemStoreError {
    const earlier = this.state.failure;
    if (earlier !== undefined) return earlier;
    const failure = storeFailed(cause);
    this.state.fail(failure);
    this.reportStrategy(cause);
    for (const transaction of this.open.all()) transaction.abort(failure);
    this.hub.close(failure);
    return failure;
  }

  /** @throws {MemStoreError} INVALID_OPTION when the lock strategy throws */
  isLocked(key: string): boolean {
    try {
      return this.locks.isLocked(key);
    } catch (cause) {
      throw operationFailed(cause);
    }
  }

  /**
   * Removes a transaction that has ended and released its locks. Returns a promise if making room in the
   * cache takes several turns.
   */
  removeEnded(transaction: OpenTransaction, written: Writes | undefined): Promise<void> | undefined {
    this.open.remove(transaction);
    if (this.open.isEmpty) this.drain.finish();
    if (transaction.readOnly) return undefined;
    this.admission?.leave();
    return this.removals.makeRoom(written);
  }
}
