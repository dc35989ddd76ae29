import { ChangeSet } from '../../changes/change-set.ts';
import { StoredChange } from '../../changes/stored-change.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type { Engine } from '../engine.ts';
import type { Write, Writes } from '../write.ts';
import { LargeChanges } from './large-changes.ts';
import { PastChanges } from './past-changes.ts';
import { Revisions } from './revision.ts';
import { type Watcher, type WatchGroup, WatchGroups } from './watch-groups.ts';

/** The reason of a removal that no transaction asked for. */
export type RemovalCause = 'expire' | 'evict';

/** Takes the writes of one commit while they move into the tables. */
export interface ChangeSink {
  /** Takes a write. REQUIRES: the tables still have the previous value. */
  onWrite(write: Write, expiresAtMs: number | undefined): void;
}

/** A feed, as the store counts and ends it. */
export interface OpenFeed {
  /** The number of changes that it has not read. */
  readonly buffered: number;
  /** Reads on, after something has happened that a call waits for. Called in a microtask. */
  readOn(): void;
  /** Ends the feed once it has read what it has. */
  close(error: MemStoreError): void;
}

/**
 * Tells the watchers of a store what each commit changes, in the order of the commits. The engine calls it
 * only while there are watchers, or past changes to keep.
 */
export class ChangeHub implements ChangeSink {
  readonly revisions: Revisions = new Revisions();
  /** The past changes; undefined if the store keeps none. */
  readonly past: PastChanges | undefined;
  /** The feeds that have begun and not ended. */
  readonly feeds: Set<OpenFeed> = new Set();
  readonly groups: WatchGroups = new WatchGroups();
  readonly #engine: Engine;
  /** The groups that have changes in the commit that is being published. */
  #touched: WatchGroup[] = [];
  /** The changes of that commit, for `past`. */
  #changes: StoredChange[] = [];
  #cause: RemovalCause | undefined = undefined;
  /** The feeds that read on in the next microtask. */
  #awake: OpenFeed[] = [];
  /** The feeds that wait for the end of a large commit. */
  #atLarge: OpenFeed[] = [];

  constructor(engine: Engine, keep: number) {
    this.#engine = engine;
    this.past = keep === 0 ? undefined : new PastChanges(keep);
  }

  /** Adds a watcher. It hears of every later commit. */
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

  /** Begins the changes of a commit. Drops those of a commit that has failed before its end. */
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

  /** Ends the changes of the commit `sequence`, which is published now. */
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

  /** Begins the changes of a large commit, which is visible now and still moves into the tables. */
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

  /** Lets a feed read on in a microtask, after the commit that is being published. */
  wake(feed: OpenFeed): void {
    if (this.#awake.push(feed) > 1) return;
    queueMicrotask(() => {
      const awake = this.#awake;
      this.#awake = [];
      for (const woken of awake) woken.readOn();
    });
  }

  /** Lets a feed read on after the large commit that is under way. */
  wakeAfterLarge(feed: OpenFeed): void {
    this.#atLarge.push(feed);
  }

  /** Lets the feeds read on that waited for the end of a large commit. */
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
