import { collectKeys, createKeyTree } from '../../collections/key-tree.ts';
import { LinearHashMap } from '../../collections/linear-hash-map.ts';
import type { KeyRange } from '../../contract/key-range.ts';

/** A replaced committed state of one key. */
export class Version {
  readonly key: string;
  /** The value, or undefined if the key was absent. */
  readonly value: unknown;
  readonly expiresAtMs: number | undefined;
  /** The number of the commit that made this version. 0 if that commit is older than every open snapshot. */
  readonly createdAt: number;
  /** The number of the commit that replaced this version. */
  readonly replacedAt: number;
  /** The neighbours of this version in the chain of its key. */
  older: Version | undefined;
  newer: Version | undefined = undefined;
  /** The next version in the list of the view that owns this version. */
  next: Version | undefined = undefined;

  constructor(
    key: string,
    value: unknown,
    expiresAtMs: number | undefined,
    replacedAt: number,
    older: Version | undefined,
  ) {
    this.key = key;
    this.value = value;
    this.expiresAtMs = expiresAtMs;
    this.createdAt = older === undefined ? 0 : older.replacedAt;
    this.replacedAt = replacedAt;
    this.older = older;
  }

  /** The estimated bytes of this version; 0 if bytes are not limited. */
  get bytes(): number {
    return 0;
  }
}

/** A version in a history with a byte limit. */
class CountedVersion extends Version {
  readonly #bytes: number;

  constructor(bytes: number, ...replaced: ConstructorParameters<typeof Version>) {
    super(...replaced);
    this.#bytes = bytes;
  }

  override get bytes(): number {
    return this.#bytes;
  }
}

/** The limit on the bytes of old versions, and the function that estimates them. */
interface ByteLimit {
  readonly maxHistoryBytes: number;
  readonly estimateSize: (value: unknown, key: string) => number;
}

/** The heap bytes of a version, without its key and value. */
const VERSION_BYTES = 130;

/** A snapshot that reads through a view. */
export interface Viewer {
  /** Must close the view, because the history drops a version that the view needs. */
  onTooOld(): void;
}

/** The point in the sequence of commits that a snapshot reads. */
export class SnapshotView {
  readonly sequence: number;
  /** The time when the view was opened, on the monotonic clock. */
  readonly beganMs: number;
  readonly viewer: Viewer;
  /**
   * The next older view. For an open view, it is the next older open view. For an ended view, it is the view
   * that was next older when this one ended; that view may have ended since.
   */
  older: SnapshotView | undefined = undefined;
  newer: SnapshotView | undefined = undefined;
  /** The versions that this snapshot needs and that no newer snapshot needs, as a linked list. */
  #first: Version | undefined = undefined;
  /** The length of that list. */
  count = 0;

  constructor(sequence: number, beganMs: number, viewer: Viewer) {
    this.sequence = sequence;
    this.beganMs = beganMs;
    this.viewer = viewer;
  }

  add(version: Version): void {
    version.next = this.#first;
    this.#first = version;
    this.count++;
  }

  take(): Version | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#first = first.next;
    this.count--;
    return first;
  }
}

/** The most versions that one call passes on or drops. This takes a millisecond or two. */
const SETTLED_AT_ONCE = 2048;
/**
 * The number of versions that each recorded write settles: passes on or drops. With more than one, the
 * backlog shrinks even if the event loop never turns.
 */
const SETTLED_PER_RECORD = 2;

/** The part of a write that the history needs. */
interface Replacement {
  readonly key: string;
  /** The new value. Undefined for a deletion. */
  readonly value: unknown;
}

/**
 * Keeps the old versions that open snapshots need.
 *
 * A snapshot needs the version of a key that was made at or before the snapshot and replaced after it. Each
 * version belongs to the newest snapshot that needs it. When that snapshot ends, the version passes to the
 * next older snapshot that needs it, or is dropped. So one long snapshot beside a busy key keeps one version
 * of that key, not one for each commit. While no snapshot is open, nothing is recorded.
 *
 * A snapshot that ends may leave a million versions, so they are settled in slices. Until then the unneeded
 * versions do no harm: readers of such a key need either an older version or the current one.
 */
export class VersionHistory {
  readonly #maxVersions: number;
  readonly #yieldTurn: () => Promise<void>;
  /** The limit on bytes. Undefined if there is none. */
  readonly #byteLimit: ByteLimit | undefined;
  /** The newest replaced version of each key. */
  #chains = new LinearHashMap<Version>();
  /** The deleted keys that still have versions. The tables do not contain them, so scans find them here. */
  #deleted = createKeyTree<undefined>();
  #newest: SnapshotView | undefined = undefined;
  #oldest: SnapshotView | undefined = undefined;
  /** The closed views that still have versions to settle, in the order in which they were closed. */
  #ended: SnapshotView[] = [];
  #isSettling = false;
  #count = 0;
  #bytes = 0;

  constructor(maxVersions: number, yieldTurn: () => Promise<void>, byteLimit?: ByteLimit) {
    this.#maxVersions = maxVersions;
    this.#yieldTurn = yieldTurn;
    this.#byteLimit = byteLimit;
  }

  /** Whether a snapshot is open, so that commits must record what they replace. */
  get isActive(): boolean {
    return this.#newest !== undefined;
  }

  /** The number of old versions that are kept. */
  get versions(): number {
    return this.#count;
  }

  /** The estimated bytes of the old versions; 0 if bytes are not limited. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The time when the oldest open view was opened, or undefined if no view is open. */
  get oldestBeganMs(): number | undefined {
    return this.#oldest?.beganMs;
  }

  /** Opens a view of the state after the commit `sequence`. REQUIRES: no existing view is newer. */
  open(sequence: number, beganMs: number, viewer: Viewer): SnapshotView {
    const view = new SnapshotView(sequence, beganMs, viewer);
    view.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = view;
    else this.#newest.newer = view;
    this.#newest = view;
    return view;
  }

  /** Closes a view. REQUIRES: the view is open. */
  close(view: SnapshotView): void {
    const { older, newer } = view;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // An ended view that is still referenced must not keep all later views in memory.
    view.newer = undefined;

    if (this.#newest === undefined) {
      // Most snapshots end without any write during their time.
      if (this.#count > 0) this.#clear();
      view.older = undefined;
      return;
    }
    this.#ended.push(view);
    if (this.#settle(SETTLED_AT_ONCE) && !this.#isSettling) void this.#settleInTurns();
  }

  /**
   * Records the state that the commit `replacedAt` replaces. REQUIRES: `isActive`, and the caller has not
   * replaced the state yet.
   */
  record(by: Replacement, value: unknown, expiresAtMs: number | undefined, replacedAt: number): void {
    let newest = this.#newest;
    // A view that opened while this large commit was moving its writes already sees the commit.
    while (newest !== undefined && newest.sequence >= replacedAt) newest = newest.older;
    if (newest === undefined) return;
    if (this.#ended.length > 0) this.#settle(SETTLED_PER_RECORD);
    const { key } = by;
    // The key has a version, or the code below adds one.
    if (by.value === undefined) this.#deleted.set(key, undefined);
    const last = this.#chains.get(key);
    if (last !== undefined && newest.sequence < last.replacedAt) return;

    const version = this.#newVersion(key, value, expiresAtMs, replacedAt, last);
    if (last !== undefined) last.newer = version;
    this.#chains.set(key, version);
    newest.add(version);
    this.#count++;
    this.#bytes += version.bytes;
  }

  #newVersion(...replaced: ConstructorParameters<typeof Version>): Version {
    const limit = this.#byteLimit;
    if (limit === undefined) return new Version(...replaced);
    const [key, value] = replaced;
    return new CountedVersion(VERSION_BYTES + limit.estimateSize(value, key), ...replaced);
  }

  /**
   * Ends the oldest snapshots until the limits are met. Each snapshot is notified, and must close its view.
   */
  enforceLimit(): void {
    const maxBytes = this.#byteLimit?.maxHistoryBytes ?? Number.POSITIVE_INFINITY;
    while (this.#count > this.#maxVersions || this.#bytes > maxBytes) {
      if (this.#bytes <= maxBytes && this.#count - this.#doomed() <= this.#maxVersions) return;
      // Settling many versions takes long, but is better than ending a snapshot for versions that nobody
      // needs.
      if (this.#ended.length > 0) this.#settle(SETTLED_AT_ONCE);
      else if (this.#oldest !== undefined) this.#oldest.viewer.onTooOld();
    }
  }

  /** Returns the version that a view reads, or undefined if the view reads the current state. */
  find(key: string, view: SnapshotView): Version | undefined {
    let found: Version | undefined;
    let version = this.#chains.get(key);
    while (version !== undefined && version.replacedAt > view.sequence) {
      found = version;
      version = version.older;
    }
    return found;
  }

  /**
   * Returns the keys in the range that have old versions and may be missing in the tables.
   * `OrderedKeys.keysIn` returns the other keys.
   */
  keysIn(range: KeyRange, reverse: boolean, limit: number): string[] {
    const keys: string[] = [];
    if (this.#deleted.size > 0) collectKeys(this.#deleted, range, reverse, limit, keys);
    return keys;
  }

  /** Drops the whole history in one step, because no snapshot is open. */
  #clear(): void {
    this.#chains = new LinearHashMap();
    this.#deleted = createKeyTree();
    this.#ended = [];
    this.#count = 0;
    this.#bytes = 0;
  }

  /** Returns the number of versions that no snapshot needs and that are not dropped yet. */
  #doomed(): number {
    let doomed = 0;
    for (const { older, count } of this.#ended) if (older === undefined) doomed += count;
    return doomed;
  }

  /** Passes on or drops up to `most` versions of ended views. Returns whether there are more. */
  #settle(most: number): boolean {
    let left = most;
    for (let view = this.#ended[0]; view !== undefined; view = this.#ended[0]) {
      const { older } = view;
      for (let version = view.take(); version !== undefined; version = view.take()) {
        if (older !== undefined && older.sequence >= version.createdAt) older.add(version);
        else this.#drop(version);
        if (--left === 0) return true;
      }
      view.older = undefined;
      this.#ended.shift();
    }
    return false;
  }

  async #settleInTurns(): Promise<void> {
    this.#isSettling = true;
    do await this.#yieldTurn();
    while (this.#settle(SETTLED_AT_ONCE));
    this.#isSettling = false;
  }

  #drop(version: Version): void {
    const { key, older, newer } = version;
    this.#count--;
    this.#bytes -= version.bytes;
    if (older !== undefined) older.newer = newer;
    if (newer !== undefined) {
      newer.older = older;
    } else if (older !== undefined) {
      this.#chains.set(key, older);
    } else {
      this.#chains.delete(key);
      if (this.#deleted.size > 0) this.#deleted.delete(key);
    }
  }
}
