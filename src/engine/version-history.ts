import { collectKeys, createKeyTree } from '../b-tree.ts';
import type { KeyRange } from '../key-range.ts';

/** A committed state of one key that has been replaced. */
export interface Version {
  readonly key: string;
  /** The value, or undefined when the key was absent. */
  readonly value: unknown;
  readonly expiresAtMs: number | undefined;
  /** The commit that made it, as far as known; 0 when that was before every open snapshot. */
  readonly createdAt: number;
  /** The commit that replaced it. */
  readonly replacedAt: number;
}

/** A moment in the sequence of commits that somebody still reads. */
export class SnapshotView {
  readonly sequence: number;
  /** When it was opened, on the monotonic clock. */
  readonly beganMs: number;
  readonly onTooOld: () => void;
  older: SnapshotView | undefined = undefined;
  newer: SnapshotView | undefined = undefined;
  /** The versions that this snapshot needs and no newer one does. */
  versions: Version[] = [];

  constructor(sequence: number, beganMs: number, onTooOld: () => void) {
    this.sequence = sequence;
    this.beganMs = beganMs;
    this.onTooOld = onTooOld;
  }
}

/**
 * The old versions that open snapshots need, and no others.
 *
 * A snapshot needs the version of a key that was made at or before it and replaced after it. Every version
 * kept belongs to the newest snapshot that needs it; when that one ends, the version passes to the next
 * older one if that needs it too, and is dropped otherwise. So one long snapshot beside a busy key keeps one
 * version of it, not one for each commit. While no snapshot is open nothing is recorded.
 */
export class VersionHistory {
  readonly #maxVersions: number;
  /** The replaced versions of each key, the oldest first. */
  #chains = createKeyTree<Version[]>();
  #newest: SnapshotView | undefined = undefined;
  #oldest: SnapshotView | undefined = undefined;
  #count = 0;

  constructor(maxVersions: number) {
    this.#maxVersions = maxVersions;
  }

  /** True while a snapshot is open, so that commits have to record what they replace. */
  get isActive(): boolean {
    return this.#newest !== undefined;
  }

  /** The number of old versions kept. */
  get versions(): number {
    return this.#count;
  }

  /** When the oldest open view was opened, or undefined without one. */
  get oldestBeganMs(): number | undefined {
    return this.#oldest?.beganMs;
  }

  /** Opens a view of the state after the commit `sequence`. REQUIRES: no view is newer. */
  open(sequence: number, beganMs: number, onTooOld: () => void): SnapshotView {
    const view = new SnapshotView(sequence, beganMs, onTooOld);
    view.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = view;
    else this.#newest.newer = view;
    this.#newest = view;
    return view;
  }

  /** REQUIRES: the view is open. */
  close(view: SnapshotView): void {
    const { older, newer } = view;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // Who still refers to an ended view must not keep all those that came after it.
    view.older = undefined;
    view.newer = undefined;

    if (this.#newest === undefined) {
      // Nobody reads history any more, so all of it goes at once, however long it is.
      this.#chains = createKeyTree<Version[]>();
      this.#count = 0;
      return;
    }
    for (const version of view.versions) {
      if (older !== undefined && older.sequence >= version.createdAt) older.versions.push(version);
      else this.#drop(version);
    }
  }

  /** Records what the commit `replacedAt` replaces. REQUIRES: `isActive`; called before the replacement. */
  record(key: string, value: unknown, expiresAtMs: number | undefined, replacedAt: number): void {
    const newest = this.#newest;
    if (newest === undefined) return;
    const chain = this.#chains.get(key);
    const createdAt = chain?.at(-1)?.replacedAt ?? 0;
    if (newest.sequence < createdAt) return;

    const version: Version = { key, value, expiresAtMs, createdAt, replacedAt };
    if (chain === undefined) this.#chains.set(key, [version]);
    else chain.push(version);
    newest.versions.push(version);
    this.#count++;
  }

  /** Gives up the oldest snapshots until the limit is kept. They are told, and must close their views. */
  enforceLimit(): void {
    while (this.#count > this.#maxVersions && this.#oldest !== undefined) this.#oldest.onTooOld();
  }

  /** The version that a view reads, or undefined when it reads the current one. */
  find(key: string, view: SnapshotView): Version | undefined {
    return this.#chains.get(key)?.find((version) => version.replacedAt > view.sequence);
  }

  /** Keys with old versions, as `OrderedKeys.keysIn` gives the current ones. */
  keysIn(range: KeyRange, reverse: boolean, limit: number): string[] {
    const keys: string[] = [];
    if (this.#count > 0) collectKeys(this.#chains, range, reverse, limit, keys);
    return keys;
  }

  #drop(version: Version): void {
    const chain = this.#chains.get(version.key);
    if (chain === undefined) return;
    chain.splice(chain.indexOf(version), 1);
    if (chain.length === 0) this.#chains.delete(version.key);
    this.#count--;
  }
}
