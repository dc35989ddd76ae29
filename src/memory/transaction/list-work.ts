import type { Clock } from '../../contract/clock.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import { STEPS_PER_LOOK } from '../../lifecycle/turn-limits.ts';
import type { Write } from '../write.ts';
import { KeySort } from './key-sort.ts';
import type { WriteSet } from './write-set.ts';

/**
 * The progress of an operation on a list. The operation locks every item first, and then acts on each. Its
 * step runs again after each wait and each yielded turn, and continues where it stopped.
 */
export class ListWork<Item> {
  items: readonly Item[];
  /** The index of the next item in the current phase. */
  next = 0;
  /** True when every item is locked. */
  isLocked = false;
  /** The result of an operation that returns a count. */
  count = 0;
  /**
   * The time limit of each turn. Undefined for a short list, which takes one turn and never reads the clock.
   */
  protected readonly budget: TurnBudget | undefined;

  constructor(items: readonly Item[], clock: Clock) {
    this.items = items;
    this.budget = items.length > STEPS_PER_LOOK ? new TurnBudget(clock) : undefined;
  }

  /**
   * Sorts the items into their locking order. Returns a promise if the operation must yield the turn first.
   */
  prepare(): Promise<void> | undefined {
    return undefined;
  }

  /** Moves to the next item. Returns a promise if the operation must yield the turn first. */
  advance(): Promise<void> | undefined {
    this.next++;
    return this.budget?.isSpent() ? this.budget.yieldTurn() : undefined;
  }

  /** Ends the locking phase, and starts the phase that acts on the items. */
  startActing(): void {
    this.isLocked = true;
    this.next = 0;
  }
}

/**
 * A list of writes. They are locked in key order, so that two such operations cannot deadlock with each
 * other.
 */
export class WriteWork extends ListWork<Write> {
  override items: Write[];
  /** The bytes that the writes will add to the write set. */
  growth = 0;
  #sort: KeySort<Write> | undefined;

  /** @param writes a list that this object may reorder; writes of the same key keep their order */
  constructor(writes: Write[], clock: Clock) {
    super(writes, clock);
    this.items = writes;
    this.#sort = writes.length > 1 ? new KeySort(writes) : undefined;
  }

  /** True when writes may have been made. From then on, only the whole transaction can be cancelled. */
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

  /** Adds the growth of the next write to the total. */
  weigh(set: WriteSet, write: Write): void {
    const weighed = set.withWeight(write);
    // Writes of the same key are adjacent, and each replaces the write before it.
    const last = this.items[this.next - 1];
    this.growth += set.growth(weighed, last?.key === write.key ? last : set.get(write.key));
    this.items[this.next] = weighed;
  }
}
