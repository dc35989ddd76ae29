import type { WatchRequest } from '../../arguments/watch-options.ts';
import { type Batch, type BatchResult, NO_MORE } from '../../changes/batch.ts';
import { ChangeBuffer } from '../../changes/change-buffer.ts';
import type { ChangeSet } from '../../changes/change-set.ts';
import { readChange } from '../../changes/stored-change.ts';
import { WaitingCalls } from '../../changes/waiting-calls.ts';
import type { ValueCodec } from '../../codecs/value-codec.ts';
import type { ResyncReason } from '../../contract/changes.ts';
import { isEmptyRange } from '../../contract/key-range.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import { storeClosed } from '../../lifecycle/store-closed.ts';
import { EtcdWatch, type RevisionEvents, type WatchedKeys } from './etcd-watch.ts';
import { readRevision, writeRevision } from './revision.ts';
import { SnapshotPages } from './snapshot-pages.ts';
import { type ChangeHost, isTooOld, toChangeSets } from './to-change-sets.ts';

/** The part of the store that its feeds use. */
export interface FeedHost extends ChangeHost {
  readonly codec: ValueCodec;
  /** The feeds that have begun but have not ended. */
  readonly feeds: Set<EtcdFeed>;
  isClosed(): boolean;
}

/**
 * What a feed does next: begin, read its snapshot, deliver commits, yield `resync`, or take another snapshot.
 * A failed feed rejects the next call, and ends.
 */
type Phase = 'new' | 'snapshot' | 'live' | 'gap' | 'again' | 'failed' | 'ended';

/**
 * A feed of the changes of one key or range on a cluster. The store references the feed. The feed does not
 * reference its iterator, so that an abandoned iterator can be garbage-collected.
 */
export class EtcdFeed {
  readonly #host: FeedHost;
  readonly #request: WatchRequest;
  readonly #keys: WatchedKeys;
  readonly #buffer: ChangeBuffer;
  /** Cancels the requests of the feed when it ends. */
  readonly #ending = new AbortController();
  #phase: Phase = 'new';
  readonly #calls = new WaitingCalls<Batch>();
  #isReading = false;
  #clusterId = '';
  #watch: EtcdWatch | undefined = undefined;
  #snapshot: SnapshotPages | undefined = undefined;
  #gapReason: ResyncReason = 'overflow';
  #failure: unknown = undefined;

  constructor(host: FeedHost, request: WatchRequest) {
    const { target, mode, maxBuffered, maxBufferedBytes } = request;
    this.#host = host;
    this.#request = request;
    this.#keys = typeof target === 'string' ? { key: host.keys.entry(target) } : host.keys.entries(target);
    this.#buffer = new ChangeBuffer({ maxBuffered, maxBufferedBytes, estimateSize }, mode === 'latest');
  }

  /** Returns the next batch. The first call begins the feed. */
  next(): Promise<BatchResult> {
    if (this.#phase === 'ended') return Promise.resolve(NO_MORE);
    const next = this.#calls.add();
    this.#wake();
    return next;
  }

  /** Ends the feed. Waiting calls resolve with `done: true`. */
  end(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#release();
    this.#calls.end();
  }

  /**
   * Ends the feed with an error. The first waiting call rejects with the error. If no call waits, the next
   * call rejects.
   */
  fail(error: unknown): void {
    if (this.#phase === 'ended') return;
    if (this.#phase !== 'failed') this.#failure = error;
    this.#phase = 'failed';
    this.#release();
    if (this.#calls.reject(this.#failure)) this.end();
  }

  #release(): void {
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#host.feeds.delete(this);
    this.#ending.abort();
    this.#unwatch();
  }

  // Reading

  #wake(): void {
    if (!this.#calls.isEmpty && !this.#isReading) void this.#readOn();
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    try {
      while (!this.#calls.isEmpty) {
        const batch = this.#phase === 'live' ? this.#takeCommit() : await this.#read();
        if (batch !== undefined) this.#calls.deliver(batch);
        else if (this.#phase === 'live') return;
      }
    } catch (error) {
      this.fail(error);
    } finally {
      // Clear the flag in the same turn as the last read of the buffer, so that no later change is missed.
      this.#isReading = false;
    }
  }

  #takeCommit(): Batch | undefined {
    const set = this.#buffer.take();
    return set === undefined ? undefined : this.#commitOf(set);
  }

  #commitOf({ sequence, changes }: ChangeSet): Batch {
    const { codec } = this.#host;
    const { values } = this.#request;
    const load = (stored: unknown): unknown => codec.decode(stored as Buffer);
    return {
      type: 'commit',
      revision: writeRevision(this.#clusterId, sequence),
      changes: changes.map((change) => readChange(change, values, load)),
    };
  }

  /**
   * Reads the next batch that is not a commit. Returns undefined if the feed continues with another phase.
   */
  async #read(): Promise<Batch | undefined> {
    switch (this.#phase) {
      case 'new':
        return this.#begin();
      case 'snapshot':
        return this.#readSnapshot();
      case 'gap':
        return this.#readGap();
      case 'again':
        return this.#beginSnapshot();
      case 'failed':
        throw this.#failure;
      default:
        return undefined;
    }
  }

  readonly #onAbort = (): void => this.fail(abortedBy(this.#request.signal, 'feed'));

  async #begin(): Promise<Batch | undefined> {
    const { signal, initial, since } = this.#request;
    if (this.#host.isClosed()) throw storeClosed();
    if (signal?.aborted) throw abortedBy(signal, 'feed');
    signal?.addEventListener('abort', this.#onAbort);
    this.#host.feeds.add(this);
    if (initial) return this.#beginSnapshot();
    const newest = await this.#readNewest();
    if (since !== undefined) return this.#beginSince(since, newest);
    this.#follow(newest);
    return { type: 'start', revision: writeRevision(this.#clusterId, newest) };
  }

  async #beginSince(since: string, newest: number): Promise<Batch | undefined> {
    const position = readRevision(since, this.#clusterId, newest);
    try {
      // If the cluster can still read a revision, it also has every change after that revision.
      await this.#count(String(position));
    } catch (error) {
      if (!isTooOld(error)) throw error;
      this.#loseTrack('history');
      return undefined;
    }
    this.#follow(position);
    return { type: 'start', revision: since };
  }

  /** Returns the newest revision of the cluster. */
  async #readNewest(): Promise<number> {
    const { cluster_id, revision } = await this.#count('0');
    this.#clusterId = cluster_id;
    return Number(revision);
  }

  async #count(revision: string): Promise<{ readonly cluster_id: string; readonly revision: string }> {
    const request = { ...this.#keys, revision, count_only: true };
    return (await this.#host.cluster.range(request, { cancelled: this.#ending.signal })).header;
  }

  // The snapshot

  #beginSnapshot(): Promise<Batch | undefined> {
    this.#snapshot = new SnapshotPages(this.#host, this.#request.target);
    this.#phase = 'snapshot';
    return this.#readSnapshot();
  }

  async #readSnapshot(): Promise<Batch | undefined> {
    let page: Awaited<ReturnType<SnapshotPages['read']>> | undefined;
    try {
      page = await this.#snapshot?.read(this.#ending.signal);
    } catch (error) {
      if (!isTooOld(error)) throw error;
      this.#loseTrack('history');
    }
    if (page === undefined) return undefined;
    const { clusterId, revision, entries, isLast: last } = page;
    this.#clusterId = clusterId;
    if (last) this.#follow(revision);
    return { type: 'snapshot', revision: writeRevision(clusterId, revision), entries, last };
  }

  // Commits

  /** Begins to deliver the commits after a revision. The feed may have ended while the revision was read. */
  #follow(position: number): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'live';
    this.#snapshot = undefined;
    const { target, values } = this.#request;
    // The cluster refuses to watch an empty range.
    if (typeof target !== 'string' && isEmptyRange(target)) return;
    const watch: EtcdWatch = new EtcdWatch(this.#host, {
      keys: this.#keys,
      wantsPrevious: values === 'both',
      position,
      take: (revisions) => this.#add(watch, revisions),
    });
    this.#watch = watch;
    watch.run().catch((error: unknown) => this.#onLost(watch, error));
  }

  async #add(watch: EtcdWatch, revisions: readonly RevisionEvents[]): Promise<void> {
    try {
      const sets = await toChangeSets(this.#host, revisions, this.#request.values === 'both');
      if (this.#watch !== watch) return;
      if (!sets.every((set) => this.#buffer.add(set))) this.#loseTrack('overflow');
    } catch (error) {
      this.#onLost(watch, error);
    }
    this.#wake();
  }

  #onLost(watch: EtcdWatch, error: unknown): void {
    if (this.#watch !== watch) return;
    if (!isTooOld(error)) {
      this.fail(error);
      return;
    }
    this.#loseTrack('history');
    this.#wake();
  }

  #unwatch(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.#buffer.clear();
  }

  // Gaps

  #loseTrack(reason: ResyncReason): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'gap';
    this.#gapReason = reason;
    this.#snapshot = undefined;
    this.#unwatch();
  }

  async #readGap(): Promise<Batch> {
    const newest = await this.#readNewest();
    if (!this.#request.initial) this.#follow(newest);
    else if (this.#phase === 'gap') this.#phase = 'again';
    return { type: 'resync', revision: writeRevision(this.#clusterId, newest), reason: this.#gapReason };
  }
}

/** Returns the bytes of a key, and of a value as it is stored. */
function estimateSize(stored: unknown, key: string): number {
  return 2 * key.length + (stored === undefined ? 0 : (stored as Buffer).byteLength);
}
