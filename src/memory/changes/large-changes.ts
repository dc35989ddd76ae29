import { ChangeSet } from '../../changes/change-set.ts';
import type { Write, Writes } from '../write.ts';
import type { ChangeHub, ChangeSink } from './change-hub.ts';
import type { WatchGroup } from './watch-groups.ts';

/** The number of new changes after which the watchers and the past changes count a large commit again. */
const CHANGES_PER_COUNT = 256;

/**
 * The changes of a large commit. Later commits may end before the large commit does. So the large commit adds
 * its change sets to the queues of the watchers when it becomes visible, and fills these sets over several
 * turns. A watcher that begins meanwhile is not notified of the large commit, because its snapshot or start
 * already includes that commit.
 */
export class LargeChanges implements ChangeSink {
  readonly #hub: ChangeHub;
  /** The changes of each group that had watchers when the commit became visible. */
  readonly #sets = new Map<WatchGroup, ChangeSet>();
  /** All changes, for the past changes of the store. Undefined if the store keeps no past changes. */
  #all: ChangeSet | undefined = undefined;

  constructor(hub: ChangeHub, sequence: number, writes: Writes) {
    this.#hub = hub;
    const { groups, past } = hub;
    for (const group of groups.keys)
      if (writes.get(group.id) !== undefined) this.#sets.set(group, new ChangeSet(sequence, [], false));
    for (const group of groups.ranges) this.#sets.set(group, new ChangeSet(sequence, [], false));
    for (const [group, set] of this.#sets) for (const watcher of group.watchers) watcher.onChanges(set);
    if (past === undefined) return;
    this.#all = new ChangeSet(sequence, [], false);
    past.add(this.#all);
  }

  onWrite(write: Write, expiresAtMs: number | undefined): void {
    const { groups } = this.#hub;
    const ofKey = groups.ofKey(write.key);
    const ofRanges = groups.ofRangesWith(write.key);
    if (ofKey === undefined && ofRanges.length === 0 && this.#all === undefined) return;
    const change = this.#hub.changeOf(write, expiresAtMs, undefined);
    if (change === undefined) return;
    for (const group of ofKey === undefined ? ofRanges : [ofKey, ...ofRanges]) {
      const set = this.#sets.get(group);
      if (set === undefined) continue;
      if (set.changes.push(change) % CHANGES_PER_COUNT === 0) this.#count(group, set);
    }
    if (this.#all === undefined) return;
    if (this.#all.changes.push(change) % CHANGES_PER_COUNT === 0 && !this.#hub.past?.grow(this.#all))
      this.#all = undefined;
  }

  /** Marks the changes as complete, because every write is in the tables. */
  end(): void {
    for (const [group, set] of this.#sets) {
      set.isComplete = true;
      this.#count(group, set);
    }
    if (this.#all !== undefined) {
      this.#all.isComplete = true;
      this.#hub.past?.grow(this.#all);
    }
    this.#hub.onLargeEnd();
  }

  #count(group: WatchGroup, set: ChangeSet): void {
    for (const watcher of group.watchers) watcher.onGrowth(set);
  }
}
