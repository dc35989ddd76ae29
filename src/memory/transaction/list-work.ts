import type { Clock } from '../../contract/clock.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import { STEPS_PER_LOOK } from '../../lifecycle/turn-limits.ts';
import type { Write } from '../write.ts';
import { KeySort } from './key-sort.ts';
import type { WriteSet } from './write-set.ts';

/**
 * The progress of an operation on a list. The operation first locks every item, then acts on each. Its step
 * runs again after each wait and each yielded turn, and continues from here.
 */
export class ListWork<Item> {
  items: readonly Item[];
  /** The next item of the phase that is under way. */
  next = 0;
  /** True once every item is locked. */
  isLocked = false;
  /** The result of an operation that counts. */
  count = 0;
  /** Undefined for a short list, which is processed in one turn without reading the clock. */
  protected readonly budget: TurnBudget | undefined;

  constructor(items: readonly Item[], clock: Clock) {
    this.items = items;
    this.budget = items.length > STEPS_PER_LOOK ? new TurnBudget(clock) : undefined;
  }

  /**
   * Brings the items into the order in which they are locked. Returns a promise if others must get a turn
   * first.
   */
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
  /** The bytes that the writes will add to the write set. */
  growth = 0;
  #sort: KeySort<Write> | undefined;

  /** @param writes a list that this object may reorder; two writes of one key keep their order */
  constructor(writes: Write[], clock: Clock) {
    super(writes, clock);
    this.items = writes;
    this.#sort = writes.length > 1 ? new KeySort(writes) : undefined;
  }

  /** True once some writes may have been made. From then on only the whole transaction can be cancelled. */
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

  /** Adds the growth of the next write. */
  weigh(set: WriteSet, write: Write): void {
    const weighed = set.withWeight(write);
    // Writes of one key are neighbours, and each replaces the previous one.
    const last = this.items[this.next - 1];
    this.growth += set.growth(weighed, last?.key === write.key ? last : set.get(write.key));
    this.items[this.next] = weighed;
  }
}
