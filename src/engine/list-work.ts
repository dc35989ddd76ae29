import type { Clock } from '../clock.ts';
import { KeySort } from './key-sort.ts';
import { TurnBudget } from './turn-budget.ts';
import { STEPS_PER_LOOK } from './turn-limits.ts';
import type { Write, WriteSet } from './write-set.ts';

/**
 * How far an operation on a list has come. Its step runs again after each wait, and after each turn that it gave to
 * others, and goes on from here: first it locks every item, then it acts on each.
 */
export class ListWork<Item> {
  items: readonly Item[];
  /** The next item of the phase that is under way. */
  next = 0;
  /** True once every item is locked. */
  isLocked = false;
  /** What the acting phase counts. */
  count = 0;
  /** Undefined for a short list, which is worked off in one turn without a look at the clock. */
  protected readonly budget: TurnBudget | undefined;

  constructor(items: readonly Item[], clock: Clock) {
    this.items = items;
    this.budget = items.length > STEPS_PER_LOOK ? new TurnBudget(clock) : undefined;
  }

  /** Brings the items into the order in which they are locked. Returns a promise if others must get a turn first. */
  prepare(): Promise<void> | undefined {
    return undefined;
  }

  /** Goes to the next item. Returns a promise if others must get a turn first. */
  advance(): Promise<void> | undefined {
    this.next++;
    return this.budget?.isSpent() ? this.budget.yieldTurn() : undefined;
  }

  /** Ends the locking phase. */
  startActing(): void {
    this.isLocked = true;
    this.next = 0;
  }
}

/** Writes that are locked in key order, so that two such operations cannot wait for each other. */
export class WriteWork extends ListWork<Write> {
  override items: Write[];
  /** How many bytes more the write set is going to have. */
  growth = 0;
  #sort: KeySort<Write> | undefined;

  /** @param writes which this may reorder; of two for one key the later one stays last */
  constructor(writes: Write[], clock: Clock) {
    super(writes, clock);
    this.items = writes;
    this.#sort = writes.length > 1 ? new KeySort(writes) : undefined;
  }

  /** True once a part of the writes may have been made: from then on the operation cannot be cancelled by itself. */
  get hasActed(): boolean {
    return this.isLocked && this.next > 0;
  }

  override prepare(): Promise<void> | undefined {
    const sort = this.#sort;
    if (sort === undefined) return undefined;
    if (!sort.run(this.budget)) return this.budget?.yieldTurn();
    this.items = sort.items;
    this.#sort = undefined;
    return undefined;
  }

  /** Weighs the next write, which is going to be made. */
  weigh(set: WriteSet, write: Write): void {
    const weighed = set.weighed(write);
    // Of two writes of one key, which are neighbours, the later one replaces the earlier.
    const last = this.items[this.next - 1];
    this.growth += set.growth(weighed, last?.key === write.key ? last : set.get(write.key));
    this.items[this.next] = weighed;
  }
}
