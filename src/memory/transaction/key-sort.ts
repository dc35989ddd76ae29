import { compareKeys } from '../../collections/key-tree.ts';
import type { TurnBudget } from '../../lifecycle/turn-budget.ts';

/** The number of items that one sort call handles. It takes a fraction of a millisecond. */
const RUN = 512;

/** An item that is sorted by its key. */
interface Keyed {
  readonly key: string;
}

/**
 * Sorts a list by key in slices. It sorts short runs first and then merges them. Items with equal keys keep
 * their order.
 */
export class KeySort<Item extends Keyed> {
  #from: Item[];
  #to: Item[] = [];
  /** The length of the runs that are already sorted. */
  #width = RUN;
  #sortedTo = 0;
  /** The state of the current merge of two runs: the next item and the end of each run. */
  #left = 0;
  #leftEnd = 0;
  #right = 0;
  #rightEnd = 0;

  constructor(items: Item[]) {
    this.#from = items;
  }

  /** The sorted items. REQUIRES: `run` returned true. */
  get items(): Item[] {
    return this.#from;
  }

  /**
   * Continues sorting. Returns true if all items are sorted, or false if the caller must yield the turn
   * first.
   */
  run(budget: TurnBudget | undefined): boolean {
    const { length } = this.#from;
    if (length <= RUN) {
      this.#from.sort(byKey);
      return true;
    }
    while (this.#sortedTo < length) {
      this.#sortRun();
      for (let step = 0; step < RUN; step++) if (budget?.isSpent()) return false;
    }
    while (this.#width < length) {
      while (this.#to.length < length) {
        this.#mergeNext();
        if (budget?.isSpent()) return false;
      }
      this.#from = this.#to;
      this.#to = [];
      this.#width *= 2;
      this.#rightEnd = 0;
    }
    return true;
  }

  #sortRun(): void {
    const start = this.#sortedTo;
    const run = this.#from.slice(start, start + RUN).sort(byKey);
    for (const [index, item] of run.entries()) this.#from[start + index] = item;
    this.#sortedTo += RUN;
  }

  /** Moves one item: the smaller of the next items of both runs. */
  #mergeNext(): void {
    if (this.#left >= this.#leftEnd && this.#right >= this.#rightEnd) this.#nextPair();
    const left = this.#from[this.#left];
    const right = this.#from[this.#right];
    const takesLeft =
      this.#right >= this.#rightEnd ||
      (this.#left < this.#leftEnd && byKey(left as Item, right as Item) <= 0);
    this.#to.push((takesLeft ? left : right) as Item);
    if (takesLeft) this.#left++;
    else this.#right++;
  }

  #nextPair(): void {
    const { length } = this.#from;
    this.#left = this.#rightEnd;
    this.#leftEnd = Math.min(this.#left + this.#width, length);
    this.#right = this.#leftEnd;
    this.#rightEnd = Math.min(this.#right + this.#width, length);
  }
}

function byKey(a: Keyed, b: Keyed): number {
  return compareKeys(a.key, b.key);
}
