import { ChangeSet } from '../../changes/change-set.ts';
import { StoredChange } from '../../changes/stored-change.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type { Engine } from '../engine.ts';
import type { Write, Writes } from '../write.ts';
import { LargeChanges } from './large-changes.ts';
import { PastChanges } from './past-changes.ts';
import { Revisions } from './revision.ts';
import { type Watcher, type WatchGroup, WatchGroups } from './watch-groups.ts';

/** The reason why the store itself removed an entry. */
export type RemovalCause = 'expire' | 'evict';

/** Receives the writes of one commit while they move into the tables. */
export interface ChangeSink {
  /** Receives a write. REQUIRES: the tables still have the previous value. */
  onWrite(write: Write, expiresAtMs: number | undefined): void;
}

/** The part of a feed that the store uses. */
export interface OpenFeed {
  /** The number of changes that the feed has not read. */
  readonly buffered: number;
  /** Continues reading after an event that a waiting call needs. Called in a microtask. */
  readOn(): void;
  /** Ends the feed with the error. A live feed delivers its buffered changes first. */
  close(error: MemStoreError): void;
}

/**
 * Notifies the watchers of a store of the changes of each commit, in commit order. The engine calls the hub
 * only while the store has watchers or keeps past changes.
 */
export class ChangeHub implements ChangeSink {
  readonly revisions: Revisions = new Revisions();
  /** The past changes; undefined if the store keeps none. */
  readonly past: PastChanges | undefined;
  /** The feeds that have begun but have not ended. */
  readonly feeds: Set<OpenFeed> = new Set();
  readonly groups: WatchGroups = new WatchGroups();
  readonly #engine: Engine;
  /** The groups that have changes in the commit that is being published. */
  #touched: WatchGroup[] = [];
  /** The changes of that commit, for `past`. */
  #changes: StoredChange[] = [];
  #cause: RemovalCause | undefined = undefined;
  /** The feeds that continue reading in the next microtask. */
  #awake: OpenFeed[] = [];
  /** The feeds that wait for the end of a large commit. */
  #atLarge: OpenFeed[] = [];

  constructor(engine: Engine, keep: number) {
    this.#engine = engine;
    this.past = keep === 0 ? undefined : new PastChanges(keep);
  }

  /** Adds a watcher. The hub notifies it of every later commit. */
  add(watcher: Watcher): void {
    this.groups.add(watcher);
    this.#engine.changes = this;
  }

  /** Removes a watcher. */
  delete(watcher: Watcher): void {
    this.groups.delete(watcher);
    if (this.groups.size === 0 && this.past === undefined) this.#engine.changes = undefined;
  }

  /** Returns the revision of the last commit. */
  get revision(): string {
    return this.revisions.write(this.#engine.sequence);
  }

  /** Returns whether every change after the commit `sequence` is kept. */
  hasAllAfter(sequence: number): boolean {
    return sequence >= (this.past?.floor ?? this.#engine.sequence);
  }

  /** The number of changes that feeds have not read. */
  get buffered(): number {
    let buffered = 0;
    for (const feed of this.feeds) buffered += feed.buffered;
    return buffered;
  }

  // The commit that is being published

  /**
   * Begins to collect the changes of a commit. Drops the changes of an earlier commit that failed before its
   * end.
   */
  begin(cause: RemovalCause | undefined): this {
    this.#cause = cause;
    if (this.#touched.length > 0 || this.#changes.length > 0) this.#forget();
    return this;
  }

  #forget(): void {
    for (const group of this.#touched) group.changes = [];
    this.#touched = [];
    this.#changes = [];
  }

  onWrite(write: Write, expiresAtMs: number | undefined): void {
    const { key } = write;
    const ofKey = this.groups.ofKey(key);
    const ofRanges = this.groups.ofRangesWith(key);
    if (ofKey === undefined && ofRanges.length === 0 && this.past === undefined) return;
    const change = this.changeOf(write, expiresAtMs, this.#cause);
    if (change === undefined) return;
    if (ofKey !== undefined) this.#addTo(ofKey, change);
    for (const group of ofRanges) this.#addTo(group, change);
    if (this.past !== undefined) this.#changes.push(change);
  }

  #addTo(group: WatchGroup, change: StoredChange): void {
    if (group.changes.push(change) === 1) this.#touched.push(group);
  }

  /** Delivers the collected changes of the commit `sequence`, which is published now. */
  end(sequence: number): void {
    if (this.#changes.length > 0) {
      this.past?.add(new ChangeSet(sequence, this.#changes, true));
      this.#changes = [];
    }
    if (this.#touched.length === 0) return;
    const touched = this.#touched;
    this.#touched = [];
    for (const group of touched) {
      const set = new ChangeSet(sequence, group.changes, true);
      group.changes = [];
      for (const watcher of group.watchers) watcher.onChanges(set);
    }
  }

  /**
   * Begins to collect the changes of a large commit. The commit is visible now, but its writes still move
   * into the tables.
   */
  beginLarge(sequence: number, writes: Writes): LargeChanges {
    return new LargeChanges(this, sequence, writes);
  }

  /** Returns the change that a write makes, or undefined if it deletes an absent entry. */
  changeOf(
    { key, value, isTouch }: Write,
    expiresAtMs: number | undefined,
    cause: RemovalCause | undefined,
  ): StoredChange | undefined {
    const previous = this.#engine.shards.get(key);
    const existed = previous !== undefined;
    if (value === undefined && !existed) return undefined;
    const kept = this.groups.wantPrevious || this.past !== undefined ? previous : undefined;
    const reason = cause ?? (value === undefined ? 'del' : isTouch ? 'touch' : 'put');
    return new StoredChange(key, value, kept, existed, expiresAtMs, reason);
  }

  // The feeds

  /** Makes a feed continue reading in a microtask, after the current commit is published. */
  wake(feed: OpenFeed): void {
    if (this.#awake.push(feed) > 1) return;
    queueMicrotask(() => {
      const awake = this.#awake;
      this.#awake = [];
      for (const woken of awake) woken.readOn();
    });
  }

  /** Makes a feed continue reading after the current large commit. */
  wakeAfterLarge(feed: OpenFeed): void {
    this.#atLarge.push(feed);
  }

  /** Wakes the feeds that waited for the end of a large commit. */
  onLargeEnd(): void {
    const waiting = this.#atLarge;
    this.#atLarge = [];
    for (const feed of waiting) this.wake(feed);
  }

  /** Ends all feeds, because the store is closed or has failed. */
  close(error: MemStoreError): void {
    for (const feed of this.feeds) feed.close(error);
  }
}
