import type { ChangeSet } from '../../changes/change-set.ts';
import { Fifo } from '../../collections/fifo.ts';

/** The last changes of a store, kept for feeds that resume. A commit is kept as a whole or not at all. */
export class PastChanges {
  /** The most changes that are kept. */
  readonly #keep: number;
  /** The changes of each commit, the oldest first. */
  readonly #sets = new Fifo<ChangeSet>();
  #count = 0;
  /**
   * The number of changes of the current large commit that `#count` includes. The number grows with the
   * commit.
   */
  #countedOfLarge = 0;
  #floor = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** The commit after which every change is kept. */
  get floor(): number {
    return this.#floor;
  }

  /**
   * Adds the changes of a commit. REQUIRES: its number is greater than the number of every earlier commit.
   */
  add(set: ChangeSet): void {
    this.#sets.push(set);
    this.#count += set.changes.length;
    if (!set.isComplete) this.#countedOfLarge = 0;
    this.#trim();
  }

  /** Records that the changes of a large commit have grown. Returns whether they are still kept. */
  grow(set: ChangeSet): boolean {
    if (set.sequence <= this.#floor) return false;
    this.#count += set.changes.length - this.#countedOfLarge;
    this.#countedOfLarge = set.changes.length;
    this.#trim();
    return set.sequence > this.#floor;
  }

  /** Returns the changes of the first commit after the commit `sequence`, or undefined. */
  after(sequence: number): ChangeSet | undefined {
    let low = 0;
    let high = this.#sets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sets.at(middle) as ChangeSet).sequence > sequence) high = middle;
      else low = middle + 1;
    }
    return this.#sets.at(low);
  }

  #trim(): void {
    while (this.#count > this.#keep) {
      const oldest = this.#sets.shift() as ChangeSet;
      this.#count -= oldest.isComplete ? oldest.changes.length : this.#countedOfLarge;
      this.#floor = oldest.sequence;
    }
  }
}
