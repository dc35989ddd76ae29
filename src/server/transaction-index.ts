import type { OwnTransaction } from './own-transaction.ts';

/** A power of two; as many transactions of one connection as are open at once, but for few connections. */
const SLOTS = 32;

/**
 * Transactions by their ids. Each is here for a short time only, which is what a `Map` is worst at: it is made anew again
 * and again, and each of its former tables, once it is old, keeps all the later ones until the next full collection. Ids
 * follow one another, so that a few of them nearly always find a slot each in an array; the others are in a `Map`.
 */
export class TransactionIndex {
  /** Empty until there is a transaction: most connections never have one. */
  #slots: (OwnTransaction | undefined)[] = [];
  #inSlots = 0;
  readonly #others = new Map<number, OwnTransaction>();

  get size(): number {
    return this.#inSlots + this.#others.size;
  }

  get(id: number): OwnTransaction | undefined {
    const own = this.#slots[id % SLOTS];
    if (own !== undefined && own.tx.id === id) return own;
    return this.#others.size === 0 ? undefined : this.#others.get(id);
  }

  /** REQUIRES: there is none with the same id. */
  add(own: OwnTransaction): void {
    if (this.#slots.length === 0) this.#slots = new Array(SLOTS).fill(undefined);
    const { id } = own.tx;
    if (this.#slots[id % SLOTS] !== undefined) {
      this.#others.set(id, own);
      return;
    }
    this.#slots[id % SLOTS] = own;
    this.#inSlots++;
  }

  /** Returns whether it was here. */
  delete(own: OwnTransaction): boolean {
    const { id } = own.tx;
    if (this.#slots[id % SLOTS] !== own) return this.#others.delete(id);
    this.#slots[id % SLOTS] = undefined;
    this.#inSlots--;
    return true;
  }

  /** All of them, as they are now, those of smaller ids first. */
  all(): OwnTransaction[] {
    const all = [...this.#slots, ...this.#others.values()].filter((own) => own !== undefined);
    return all.sort((a, b) => a.tx.id - b.tx.id);
  }
}
