import { collectKeys, createKeyTree } from '../../collections/key-tree.ts';
import { LinearHashMap } from '../../collections/linear-hash-map.ts';
import type { KeyRange } from '../../contract/key-range.ts';

/** A committed state of one key that has been replaced. */
export class Version {
  readonly key: string;
  /** The value, or undefined when the key was absent. */
  readonly value: unknown;
  readonly expiresAtMs: number | undefined;
  /** The commit that made it, as far as known; 0 when that was before every open snapshot. */
  readonly createdAt: number;
  /** The commit that replaced it. */
  readonly replacedAt: number;
  /** Its neighbours among the versions of the key. */
  older: Version | undefined;
  newer: Version | undefined = undefined;
  /** The next one in the list of the view that it belongs to. */
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

  /** The bytes that it counts for; 0 when bytes are not limited. */
  get bytes(): number {
    return 0;
  }
}

/** A version in a history that limits bytes. */
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

/** The limit of the bytes of old versions, and their estimate. */
interface ByteLimit {
  readonly maxHistoryBytes: number;
  readonly estimateSize: (value: unknown, key: string) => number;
}

/** The heap bytes of a version besides its key and value. */
const VERSION_BYTES = 130;

/** A snapshot that reads a view. */
export interface Viewer {
  /** Closes the view, because the history that it needs is dropped. */
  onTooOld(): void;
}

/** A moment in the sequence of commits that a snapshot reads. */
export class SnapshotView {
  readonly sequence: number;
  /** When it was opened, on the monotonic clock. */
  readonly beganMs: number;
  readonly viewer: Viewer;
  /**
   * The next older view: of an open one that is open, of an ended one what was it then, open or in the queue
   * behind it.
   */
  older: SnapshotView | undefined = undefined;
  newer: SnapshotView | undefined = undefined;
  /** A list of the versions that this snapshot needs and no newer one does. */
  #first: Version | undefined = undefined;
  /** How many they are. */
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

/** So many versions are passed on or dropped in a millisecond or two. */
const SETTLED_AT_ONCE = 2048;
/** More than one, so that versions go faster than they come even if the event loop never turns. */
const SETTLED_PER_RECORD = 2;

/** What the history has to know of a write. */
interface Replacement {
  readonly key: string;
  /** Undefined for a deletion. */
  readonly value: unknown;
}

/**
 * The old versions that open snapshots need.
 *
 * A snapshot needs the version of a key that was made at or before it and replaced after it. Every version
 * kept belongs to the newest snapshot that needs it; when that one ends, the version passes to the next
 * older one if that needs it too, and is dropped otherwise. So one long snapshot beside a busy key keeps one
 * version of it, not one for each commit. While no snapshot is open nothing is recorded.
 *
 * A snapshot that ends may leave a million versions, so they are settled in slices. The versions that no
 * snapshot needs do no harm meanwhile: readers of such a key need an older version of it, or the current one.
 */
export class VersionHistory {
  readonly #maxVersions: number;
  readonly #yieldTurn: () => Promise<void>;
  /** Undefined when bytes are not limited. */
  readonly #byteLimit: ByteLimit | undefined;
  /** The newest of the replaced versions of each key. */
  #chains = new LinearHashMap<Version>();
  /**
   * The keys with versions that were deleted in the meantime. They are in no table, so scans find them here.
   */
  #deleted = createKeyTree<undefined>();
  #newest: SnapshotView | undefined = undefined;
  #oldest: SnapshotView | undefined = undefined;
  /**
   * The views that are closed and whose versions are not all settled, in the order in which they were closed.
   */
  #ended: SnapshotView[] = [];
  #isSettling = false;
  #count = 0;
  #bytes = 0;

  constructor(maxVersions: number, yieldTurn: () => Promise<void>, byteLimit?: ByteLimit) {
    this.#maxVersions = maxVersions;
    this.#yieldTurn = yieldTurn;
    this.#byteLimit = byteLimit;
  }

  /** True while a snapshot is open, so that commits have to record what they replace. */
  get isActive(): boolean {
    return this.#newest !== undefined;
  }

  /** The number of old versions kept. */
  get versions(): number {
    return this.#count;
  }

  /** The bytes that they take, estimated; 0 when bytes are not limited. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest open view was opened, or undefined without one. */
  get oldestBeganMs(): number | undefined {
    return this.#oldest?.beganMs;
  }

  /** Opens a view of the state after the commit `sequence`. REQUIRES: no view is newer. */
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
    // A reference to an ended view must not keep all later ones in memory.
    view.newer = undefined;

    if (this.#newest === undefined) {
      // Most snapshots end with nothing written beside them.
      if (this.#count > 0) this.#clear();
      view.older = undefined;
      return;
    }
    this.#ended.push(view);
    if (this.#settle(SETTLED_AT_ONCE) && !this.#isSettling) void this.#settleInTurns();
  }

  /** Records what the commit `replacedAt` replaces. REQUIRES: `isActive`; called before the replacement. */
  record(by: Replacement, value: unknown, expiresAtMs: number | undefined, replacedAt: number): void {
    let newest = this.#newest;
    // Views that were opened while a large commit moves into the tables see that commit already.
    while (newest !== undefined && newest.sequence >= replacedAt) newest = newest.older;
    if (newest === undefined) return;
    if (this.#ended.length > 0) this.#settle(SETTLED_PER_RECORD);
    const { key } = by;
    // There is a version of this key now, or there will be.
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

  /** Gives up the oldest snapshots until the limits are kept. They are told, and must close their views. */
  enforceLimit(): void {
    const maxBytes = this.#byteLimit?.maxHistoryBytes ?? Number.POSITIVE_INFINITY;
    while (this.#count > this.#maxVersions || this.#bytes > maxBytes) {
      if (this.#bytes <= maxBytes && this.#count - this.#doomed() <= this.#maxVersions) return;
      // A long call is better than a snapshot that ends because of versions that no snapshot needs.
      if (this.#ended.length > 0) this.#settle(SETTLED_AT_ONCE);
      else if (this.#oldest !== undefined) this.#oldest.viewer.onTooOld();
    }
  }

  /** Returns the version that a view reads, or undefined if it reads the current one. */
  find(key: string, view: SnapshotView): Version | undefined {
    let found: Version | undefined;
    let version = this.#chains.get(key);
    while (version !== undefined && version.replacedAt > view.sequence) {
      found = version;
      version = version.older;
    }
    return found;
  }

  /** Returns keys with old versions that may be in no table. See `OrderedKeys.keysIn` for the others. */
  keysIn(range: KeyRange, reverse: boolean, limit: number): string[] {
    const keys: string[] = [];
    if (this.#deleted.size > 0) collectKeys(this.#deleted, range, reverse, limit, keys);
    return keys;
  }

  /** Drops the whole history at once, because no snapshot is open. */
  #clear(): void {
    this.#chains = new LinearHashMap();
    this.#deleted = createKeyTree();
    this.#ended = [];
    this.#count = 0;
    this.#bytes = 0;
  }

  /** Returns the number of versions that are only waiting to be dropped. */
  #doomed(): number {
    let doomed = 0;
    for (const { older, count } of this.#ended) if (older === undefined) doomed += count;
    return doomed;
  }

  /** Passes on or drops up to `most` versions of ended views; returns whether there are more. */
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
