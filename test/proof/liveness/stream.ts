import type { Transaction } from 'memstore-tx';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { type AnyMemStore, turn } from '../../memory/open-store.ts';

type Tx = Transaction<Record<string, unknown>>;

/**
 * A stream of overlapping transactions. A new transaction begins before an older one ends, so `width`
 * transactions are open at any time. Each transaction runs one operation and commits some turns later.
 */
export class Stream {
  /** The number of operations that got their lock. */
  granted = 0;
  readonly #store: AnyMemStore;
  readonly #operation: (tx: Tx, count: number) => Promise<unknown>;
  readonly #width: number;
  readonly #underWay: { readonly tx: Tx; readonly isGranted: () => boolean }[] = [];
  #begun = 0;

  constructor(store: AnyMemStore, width: number, operation: (tx: Tx, count: number) => Promise<unknown>) {
    this.#store = store;
    this.#width = width;
    this.#operation = operation;
  }

  /** Begins one transaction in each turn, and commits the oldest one whose operation is done. */
  async flow(turns: number): Promise<void> {
    for (let left = turns; left > 0; left--) {
      await this.#beginOne();
      await turn();
      const granted = this.#underWay.findIndex(({ isGranted }) => isGranted());
      if (this.#underWay.length >= this.#width && granted >= 0) {
        await this.#underWay.splice(granted, 1)[0]?.tx.commit();
        await turn();
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#underWay.map(({ tx }) => tx.rollback()));
  }

  async #beginOne(): Promise<void> {
    const tx = await this.#store.begin();
    const asking = this.#operation(tx, this.#begun++).then(() => {
      this.granted++;
    });
    const watched = watch(asking);
    watched.promise.catch(() => {});
    this.#underWay.push({ tx, isGranted: () => watched.settled });
  }
}
