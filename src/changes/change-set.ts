import type { StoredChange } from './stored-change.ts';

/**
 * The changes that one commit made to one key or range that is watched. Its watchers share it, so that a
 * commit is filtered once for all of them.
 */
export class ChangeSet {
  /** The number of the commit. */
  readonly sequence: number;
  readonly changes: StoredChange[];
  /** False while a large commit still moves into the tables, and adds changes here. */
  isComplete: boolean;
  #counted = 0;
  #bytes = 0;

  constructor(sequence: number, changes: StoredChange[], isComplete: boolean) {
    this.sequence = sequence;
    this.changes = changes;
    this.isComplete = isComplete;
  }

  /** Returns the estimated bytes of the changes. Each change is measured once. */
  bytes(estimateSize: (value: unknown, key: string) => number): number {
    for (const { length } = this.changes; this.#counted < length; this.#counted++)
      this.#bytes += (this.changes[this.#counted] as StoredChange).bytes(estimateSize);
    return this.#bytes;
  }
}
