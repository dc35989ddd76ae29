/** A queue whose items are taken out in the order in which they were added. */
export class Fifo<T> {
  /** The items; undefined in the places of those that were taken out. */
  #items: (T | undefined)[] = [];
  #first = 0;

  /** The number of items. */
  get length(): number {
    return this.#items.length - this.#first;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Returns the item at an index, counted from the next one to be taken out; undefined if there is none. */
  at(index: number): T | undefined {
    return this.#items[this.#first + index];
  }

  /** Takes out the first item; undefined if there is none. */
  shift(): T | undefined {
    const item = this.#items[this.#first];
    if (this.length <= 1) {
      // Emptied in place, because most queues get one item and lose it again.
      this.#items.pop();
      if (this.#first > 0) this.#items = [];
      this.#first = 0;
      return item;
    }
    this.#items[this.#first++] = undefined;
    // The others move when they are fewer than the empty places, so that the cost of each item is constant.
    if (this.#first <= this.#items.length / 2) return item;
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
    return item;
  }
}
