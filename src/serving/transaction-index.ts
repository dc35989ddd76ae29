import type { OwnTransaction } from './own-transaction.ts';

/** A power of two. Few connections have more transactions open at once. */
const SLOTS = 32;

/**
 * Transactions by their ids. Each is here for a short time only, and a `Map` handles that badly: it is
 * rebuilt again and again, and each old table keeps the later ones alive until the next full collection. Ids
 * are consecutive, so a few of them nearly always find a slot each in an array. The others are in a `Map`.
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

  /** REQUIRES: no transaction with the same id is here. */
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

  /** Returns all transactions in the order of their ids. */
  all(): OwnTransaction[] {
    const all = [...this.#slots, ...this.#others.values()].filter((own) => own !== undefined);
    return all.sort((a, b) => a.tx.id - b.tx.id);
  }
}
