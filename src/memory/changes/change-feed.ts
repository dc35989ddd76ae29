import type { WatchRequest } from '../../arguments/watch-options.ts';
import { type Batch, type BatchResult, NO_MORE } from '../../changes/batch.ts';
import { ChangeBuffer } from '../../changes/change-buffer.ts';
import { ChangeSet } from '../../changes/change-set.ts';
import { readChange } from '../../changes/stored-change.ts';
import { WaitingCalls } from '../../changes/waiting-calls.ts';
import type { ResyncReason } from '../../contract/changes.ts';
import { MemStoreError } from '../../contract/errors.ts';
import { covers } from '../../contract/key-range.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import type { Engine } from '../engine.ts';
import type { ChangeHub, OpenFeed } from './change-hub.ts';
import { type SnapshotPart, SnapshotReader } from './snapshot-reader.ts';
import type { Watcher, WatchTarget } from './watch-groups.ts';

/**
 * What a feed does next: begin, read its snapshot, read past changes, deliver commits, yield `resync`, or
 * take another snapshot. A failed feed rejects the next call, and ends.
 */
type Phase = 'new' | 'snapshot' | 'past' | 'live' | 'gap' | 'again' | 'failed' | 'ended';

/**
 * A feed of the changes of one key or range. The store references the feed. The feed does not reference its
 * iterator, so that an abandoned iterator can be garbage-collected.
 */
export class ChangeFeed implements Watcher, OpenFeed {
  readonly target: WatchTarget;
  readonly wantsPrevious: boolean;
  readonly #engine: Engine;
  readonly #hub: ChangeHub;
  readonly #request: WatchRequest;
  readonly #buffer: ChangeBuffer;
  /** Called with the bytes of the buffer after they have changed. */
  readonly #onBuffered: ((bytes: number) => void) | undefined;
  #phase: Phase = 'new';
  readonly #calls = new WaitingCalls<Batch>();
  /** True while the feed reads a batch that takes several turns. */
  #isReading = false;
  /** True while a microtask is scheduled in which the feed continues reading. */
  #isAwake = false;
  /** True while the store notifies the feed of commits. */
  #isWatching = false;
  #snapshot: SnapshotReader | undefined = undefined;
  /** The commit that the snapshot shows, or the last past commit that the feed has read. */
  #sequence = 0;
  #gapReason: ResyncReason = 'overflow';
  /** The error that ends the feed after its last buffered batch. */
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(engine: Engine, request: WatchRequest, onBuffered: ((bytes: number) => void) | undefined) {
    const { target, mode, values, maxBuffered, maxBufferedBytes } = request;
    this.target = target;
    this.wantsPrevious = values === 'both';
    this.#engine = engine;
    this.#hub = engine.hub;
    this.#request = request;
    this.#onBuffered = onBuffered;
    const { estimateSize } = engine.settings;
    this.#buffer = new ChangeBuffer({ maxBuffered, maxBufferedBytes, estimateSize }, mode === 'latest');
  }

  get buffered(): number {
    return this.#buffer.changes;
  }

  /** Returns the next batch. The first call begins the feed before it returns. */
  next(): Promise<BatchResult> {
    if (this.#phase === 'ended') return Promise.resolve(NO_MORE);
    const next = this.#calls.add();
    this.readOn();
    return next;
  }

  /** Ends the feed. Waiting calls resolve with `done: true`. */
  end(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#release();
    this.#calls.end();
  }

  close(error: MemStoreError): void {
    // Every commit of the store is in the buffer, so the consumer may read to the end.
    if (this.#phase !== 'live') {
      this.#fail(error);
      return;
    }
    this.#failure ??= { error };
    this.#unwatch();
    this.#wake();
  }

  // Methods that the store calls during a commit

  onChanges(set: ChangeSet): void {
    this.#note(this.#buffer.add(set));
  }

  onGrowth(set: ChangeSet): void {
    this.#note(this.#buffer.grow(set));
  }

  #note(fits: boolean): void {
    if (!fits) this.#overflow();
    this.#onBuffered?.(this.#buffer.bytes);
    this.#wake();
  }

  #wake(): void {
    if (this.#calls.isEmpty || this.#isReading || this.#isAwake) return;
    this.#isAwake = true;
    this.#hub.wake(this);
  }

  #overflow(): void {
    this.#phase = 'gap';
    this.#gapReason = 'overflow';
    this.#unwatch();
    this.#buffer.clear();
    this.#snapshot?.close();
    this.#snapshot = undefined;
  }

  // Reading

  readOn(): void {
    this.#isAwake = false;
    while (!this.#calls.isEmpty && !this.#isReading) {
      let batch: Batch | Promise<Batch | undefined> | undefined;
      try {
        batch = this.#read();
      } catch (error) {
        this.#fail(error);
        return;
      }
      if (batch === undefined) return;
      if (batch instanceof Promise) this.#readLater(batch);
      else this.#deliver(batch);
    }
  }

  #readLater(batch: Promise<Batch | undefined>): void {
    this.#isReading = true;
    batch.then(
      (read) => {
        this.#isReading = false;
        if (this.#phase === 'ended') return;
        if (read !== undefined) this.#deliver(read);
        this.readOn();
      },
      (error: unknown) => {
        this.#isReading = false;
        this.#fail(error);
      },
    );
  }

  #deliver(batch: Batch): void {
    this.#onBuffered?.(this.#buffer.bytes);
    this.#calls.deliver(batch);
  }

  /** Reads the next batch. Returns undefined if there is none yet. */
  #read(): Batch | Promise<Batch | undefined> | undefined {
    switch (this.#phase) {
      case 'new':
        return this.#begin();
      case 'snapshot':
        return this.#readSnapshot();
      case 'past':
        return this.#readPast(new TurnBudget(this.#engine.settings.clock));
      case 'live':
        return this.#readLive();
      case 'gap':
        return this.#readGap();
      case 'again':
        return this.#beginSnapshot();
      case 'failed':
        throw this.#failure?.error;
      case 'ended':
        return undefined;
    }
  }

  #begin(): Batch | Promise<Batch | undefined> {
    const { state } = this.#engine;
    const { signal } = this.#request;
    if (signal?.aborted) throw abortedBy(signal, 'feed');
    // Listen to the signal first, so that it also ends the wait for the store to open.
    signal?.addEventListener('abort', this.#onAbort);
    return state.isOpen ? this.#start() : state.whenOpen(undefined, () => this.#startOpened());
  }

  readonly #onAbort = (): void => this.#fail(abortedBy(this.#request.signal, 'feed'));

  /** Starts the feed, unless it has ended while the store opened. */
  #startOpened(): Batch | Promise<Batch | undefined> | undefined {
    return this.#phase === 'new' ? this.#start() : undefined;
  }

  #start(): Batch | Promise<Batch | undefined> {
    const { initial, since } = this.#request;
    this.#hub.feeds.add(this);
    if (initial) return this.#beginSnapshot();
    if (since !== undefined) return this.#startSince(since);
    this.#watch();
    return { type: 'start', revision: this.#hub.revision };
  }

  #startSince(since: string): Batch {
    this.#sequence = this.#hub.revisions.read(since, this.#engine.sequence);
    if (!this.#hub.hasAllAfter(this.#sequence)) return this.#readGapOf('history');
    if (this.#hub.past === undefined) this.#watch();
    else this.#phase = 'past';
    return { type: 'start', revision: since };
  }

  #watch(): void {
    this.#phase = 'live';
    this.#isWatching = true;
    this.#hub.add(this);
  }

  #unwatch(): void {
    if (!this.#isWatching) return;
    this.#isWatching = false;
    this.#hub.delete(this);
  }

  // The snapshot

  #beginSnapshot(): Promise<Batch | undefined> {
    const { removals } = this.#engine;
    // The snapshot does not show expired entries, so their changes must come before it.
    if (typeof this.target === 'string') removals.expireIfDue(this.target);
    else removals.expireDueIn(this.target);
    this.#snapshot = new SnapshotReader(this.#engine, this.target);
    this.#sequence = this.#engine.sequence;
    this.#watch();
    this.#phase = 'snapshot';
    return this.#readSnapshot();
  }

  async #readSnapshot(): Promise<Batch | undefined> {
    let part: SnapshotPart | undefined;
    try {
      part = await this.#snapshot?.read();
    } catch (error) {
      if (this.#phase === 'snapshot') this.#onSnapshotFailed(error);
      return undefined;
    }
    // The feed may have overflowed or ended while the part was read.
    if (part === undefined || this.#phase !== 'snapshot') return undefined;
    const { entries, isLast: last } = part;
    if (last) {
      this.#phase = 'live';
      this.#snapshot = undefined;
    }
    return { type: 'snapshot', revision: this.#hub.revisions.write(this.#sequence), entries, last };
  }

  /** Starts again if the consumer was too slow for the snapshot. */
  #onSnapshotFailed(error: unknown): void {
    const isTooSlow =
      error instanceof MemStoreError &&
      (error.code === 'SNAPSHOT_TOO_OLD' || error.code === 'TRANSACTION_EXPIRED');
    if (!isTooSlow) throw error;
    this.#overflow();
  }

  // Commits

  #readLive(): Batch | undefined {
    const set = this.#buffer.take();
    if (set !== undefined) return this.#commitOf(set);
    if (this.#failure !== undefined) throw this.#failure.error;
    return undefined;
  }

  #commitOf({ sequence, changes }: ChangeSet): Batch {
    const { copier } = this.#engine.settings;
    const { values } = this.#request;
    const load = (stored: unknown): unknown => copier.load(stored);
    return {
      type: 'commit',
      revision: this.#hub.revisions.write(sequence),
      changes: changes.map((change) => readChange(change, values, load)),
    };
  }

  /** Reads past changes. After the last past change, the feed switches to live changes. */
  #readPast(budget: TurnBudget): Batch | Promise<Batch | undefined> | undefined {
    for (;;) {
      if (!this.#hub.hasAllAfter(this.#sequence)) return this.#readGapOf('history');
      const set = this.#hub.past?.after(this.#sequence);
      if (set === undefined) {
        this.#watch();
        return this.#readLive();
      }
      if (!set.isComplete) return this.#waitForLarge();
      this.#sequence = set.sequence;
      if (!this.#addPast(set)) return this.#readGapOf('overflow');
      // In mode `latest`, continue until the buffer has merged all past changes.
      const read = this.#request.mode === 'all' ? this.#buffer.take() : undefined;
      if (read !== undefined) return this.#commitOf(read);
      if (budget.isSpent()) return budget.yieldTurn().then(() => this.#readPastLater(budget));
    }
  }

  /** Continues reading past changes, unless the feed has ended in the meantime. */
  #readPastLater(budget: TurnBudget): Batch | Promise<Batch | undefined> | undefined {
    return this.#phase === 'past' ? this.#readPast(budget) : undefined;
  }

  #waitForLarge(): Batch | undefined {
    this.#hub.wakeAfterLarge(this);
    const merged = this.#buffer.take();
    return merged === undefined ? undefined : this.#commitOf(merged);
  }

  /**
   * Adds the changes of a past commit that are in the range. Returns false if the buffer exceeds its limits.
   */
  #addPast({ sequence, changes }: ChangeSet): boolean {
    const { target } = this;
    const own = changes.filter(({ key }) =>
      typeof target === 'string' ? key === target : covers(target, key),
    );
    return own.length === 0 || this.#buffer.add(new ChangeSet(sequence, own, true));
  }

  // Gaps and the end

  #readGapOf(reason: ResyncReason): Batch {
    this.#overflow();
    this.#gapReason = reason;
    return this.#readGap();
  }

  #readGap(): Batch {
    if (this.#request.initial) this.#phase = 'again';
    else this.#watch();
    return { type: 'resync', revision: this.#hub.revision, reason: this.#gapReason };
  }

  /**
   * Ends the feed with an error. The first waiting call rejects with the error. If no call waits, the next
   * call rejects.
   */
  #fail(error: unknown): void {
    if (this.#phase === 'ended') return;
    if (this.#phase !== 'failed') this.#failure = { error };
    this.#phase = 'failed';
    this.#release();
    if (this.#calls.reject(this.#failure?.error)) this.end();
  }

  #release(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#unwatch();
    this.#hub.feeds.delete(this);
    this.#snapshot?.close();
    this.#snapshot = undefined;
    this.#buffer.clear();
  }
}
