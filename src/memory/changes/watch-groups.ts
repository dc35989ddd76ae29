import type { ChangeSet } from '../../changes/change-set.ts';
import type { StoredChange } from '../../changes/stored-change.ts';
import { isEmptyRange, type KeyRange } from '../../contract/key-range.ts';
import { RangeIndex } from './range-index.ts';

/** The keys that a watcher observes: one key, or a range. */
export type WatchTarget = string | KeyRange;

/** A watcher. Its methods are called during a commit, so they must not run user code. */
export interface Watcher {
  readonly target: WatchTarget;
  /** True if the watcher reads the previous values of changes. */
  readonly wantsPrevious: boolean;
  /**
   * Receives the changes of a commit. Complete changes are never empty. The changes of a large commit are
   * still incomplete, and calls of `onGrowth` follow.
   */
  onChanges(set: ChangeSet): void;
  /**
   * Called when incomplete changes have grown or become complete. In this call, complete changes may be
   * empty.
   */
  onGrowth(set: ChangeSet): void;
}

/** The watchers of one key or one distinct range. */
export class WatchGroup {
  readonly watchers: Set<Watcher> = new Set();
  /** The changes of the commit that is being published. */
  changes: StoredChange[] = [];
  readonly id: string;
  readonly range: KeyRange;

  constructor(id: string, range: KeyRange) {
    this.id = id;
    this.range = range;
  }
}

const NO_RANGE: KeyRange = { from: '', to: '' };

/** The watchers of a store, found by the keys that a commit writes. */
export class WatchGroups {
  readonly #byKey = new Map<string, WatchGroup>();
  readonly #byRange = new Map<string, WatchGroup>();
  readonly #ranges = new RangeIndex<WatchGroup>();
  #size = 0;
  #wantPrevious = 0;

  /** The number of watchers. */
  get size(): number {
    return this.#size;
  }

  /** True if one of the watchers reads previous values. */
  get wantPrevious(): boolean {
    return this.#wantPrevious > 0;
  }

  add(watcher: Watcher): void {
    this.#groupOf(watcher.target).watchers.add(watcher);
    this.#size++;
    if (watcher.wantsPrevious) this.#wantPrevious++;
  }

  /** Removes a watcher. REQUIRES: it was added. */
  delete(watcher: Watcher): void {
    const { target } = watcher;
    const groups = typeof target === 'string' ? this.#byKey : this.#byRange;
    const group = groups.get(idOf(target));
    if (group === undefined) return;
    group.watchers.delete(watcher);
    this.#size--;
    if (watcher.wantsPrevious) this.#wantPrevious--;
    if (group.watchers.size > 0) return;
    groups.delete(group.id);
    if (typeof target !== 'string' && !isEmptyRange(target)) this.#ranges.delete(target);
  }

  /** Returns the watchers of exactly this key, or undefined. */
  ofKey(key: string): WatchGroup | undefined {
    return this.#byKey.size === 0 ? undefined : this.#byKey.get(key);
  }

  /** Returns the watchers of each range that contains the key. */
  ofRangesWith(key: string): readonly WatchGroup[] {
    return this.#ranges.find(key);
  }

  /** Returns the watchers of single keys, by key. */
  get keys(): Iterable<WatchGroup> {
    return this.#byKey.values();
  }

  /** Returns the watchers of each distinct range. */
  get ranges(): Iterable<WatchGroup> {
    return this.#byRange.values();
  }

  #groupOf(target: WatchTarget): WatchGroup {
    const isKey = typeof target === 'string';
    const groups = isKey ? this.#byKey : this.#byRange;
    const id = idOf(target);
    let group = groups.get(id);
    if (group !== undefined) return group;
    group = new WatchGroup(id, isKey ? NO_RANGE : target);
    groups.set(id, group);
    if (!isKey && !isEmptyRange(target)) this.#ranges.add(group);
    return group;
  }
}

function idOf(target: WatchTarget): string {
  if (typeof target === 'string') return target;
  const { from, to } = target;
  return to === undefined ? `${from.length}>${from}` : `${from.length}:${from}${to}`;
}
