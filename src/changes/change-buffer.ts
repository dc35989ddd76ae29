import { Fifo } from '../collections/fifo.ts';
import { ChangeSet } from './change-set.ts';
import { mergeChanges, type StoredChange } from './stored-change.ts';

/** The limits of a buffer. */
export interface BufferLimits {
  readonly maxBuffered: number;
  /** With `Infinity`, bytes are not measured. */
  readonly maxBufferedBytes: number;
  readonly estimateSize: (value: unknown, key: string) => number;
}

/** The part of a large commit that a buffer has counted. More changes of that commit may follow. */
interface OpenSet {
  readonly set: ChangeSet;
  changes: number;
  bytes: number;
}

/**
 * The changes that a feed has not read yet. The buffer references the change sets of commits. With
 * `isMerging`, the buffer merges these sets into one set with the net effect on each key.
 */
export class ChangeBuffer {
  readonly #limits: BufferLimits;
  readonly #merged: Map<string, StoredChange> | undefined;
  /** The last commit that was merged. */
  #mergedSequence = 0;
  /** The change sets that must still be read or merged, in commit order. */
  #sets = new Fifo<ChangeSet>();
  #open: OpenSet | undefined = undefined;
  #changes = 0;
  #bytes = 0;

  constructor(limits: BufferLimits, isMerging: boolean) {
    this.#limits = limits;
    this.#merged = isMerging ? new Map() : undefined;
  }

  /** The number of unread changes. Merged changes of one key count once. */
  get changes(): number {
    return this.#changes;
  }

  /** The estimated bytes of the unread changes; 0 if they are not measured. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the changes of a commit. Returns false if the buffer exceeds its limits. */
  add(set: ChangeSet): boolean {
    this.#sets.push(set);
    this.#changes += set.changes.length;
    const bytes = this.#bytesOf(set);
    this.#bytes += bytes;
    if (!set.isComplete) this.#open = { set, changes: set.changes.length, bytes };
    else if (this.#merged !== undefined) this.#merge(this.#merged);
    return this.#fits();
  }

  /** Counts the new changes of a large commit. Returns false if the buffer exceeds its limits. */
  grow(set: ChangeSet): boolean {
    const open = this.#open;
    if (open?.set !== set) return true;
    const bytes = this.#bytesOf(set);
    this.#changes += set.changes.length - open.changes;
    this.#bytes += bytes - open.bytes;
    open.changes = set.changes.length;
    open.bytes = bytes;
    if (set.isComplete) {
      this.#open = undefined;
      if (this.#merged !== undefined) this.#merge(this.#merged);
    }
    return this.#fits();
  }

  /**
   * Removes the next changes and returns them. Returns undefined if there are none, or if they are
   * incomplete.
   */
  take(): ChangeSet | undefined {
    if (this.#merged !== undefined && this.#merged.size > 0) return this.#takeMerged(this.#merged);
    for (let set = this.#sets.at(0); set?.isComplete; set = this.#sets.at(0)) {
      this.#shift(set);
      if (set.changes.length > 0) return set;
    }
    return undefined;
  }

  /** Drops all changes. */
  clear(): void {
    this.#merged?.clear();
    this.#sets = new Fifo();
    this.#open = undefined;
    this.#changes = 0;
    this.#bytes = 0;
  }

  #fits(): boolean {
    const { maxBuffered, maxBufferedBytes } = this.#limits;
    return this.#changes <= maxBuffered && this.#bytes <= maxBufferedBytes;
  }

  #bytesOf(set: ChangeSet): number {
    const { maxBufferedBytes, estimateSize } = this.#limits;
    return maxBufferedBytes === Number.POSITIVE_INFINITY ? 0 : set.bytes(estimateSize);
  }

  #shift(set: ChangeSet): void {
    this.#changes -= set.changes.length;
    this.#bytes -= this.#bytesOf(set);
    this.#sets.shift();
  }

  #merge(merged: Map<string, StoredChange>): void {
    for (let set = this.#sets.at(0); set?.isComplete; set = this.#sets.at(0)) {
      this.#shift(set);
      for (const change of set.changes) this.#mergeChange(merged, change);
      this.#mergedSequence = set.sequence;
    }
  }

  #mergeChange(merged: Map<string, StoredChange>, change: StoredChange): void {
    const { key } = change;
    const earlier = merged.get(key);
    const net = earlier === undefined ? change : mergeChanges(earlier, change);
    if (earlier !== undefined) this.#count(earlier, -1);
    if (net === undefined) {
      merged.delete(key);
    } else {
      merged.set(key, net);
      this.#count(net, 1);
    }
  }

  #count(change: StoredChange, sign: 1 | -1): void {
    const { maxBufferedBytes, estimateSize } = this.#limits;
    this.#changes += sign;
    if (maxBufferedBytes !== Number.POSITIVE_INFINITY) this.#bytes += sign * change.bytes(estimateSize);
  }

  #takeMerged(merged: Map<string, StoredChange>): ChangeSet {
    const changes = [...merged.values()];
    for (const change of changes) this.#count(change, -1);
    merged.clear();
    return new ChangeSet(this.#mergedSequence, changes, true);
  }
}
