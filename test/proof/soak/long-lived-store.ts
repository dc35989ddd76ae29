import { MemStore, MemStoreError, type Transaction } from 'memstore-tx';
import { RandomWork } from '../histories/random-work.ts';
import { Recording } from '../histories/recording.ts';
import type { Numbers } from '../histories/run-context.ts';
import type { RunSetup } from '../histories/run-setup.ts';

/** The number of milliseconds of the fake clock after which everything has ended. */
const TURNS_TO_END = 1_000;

/** One store for the whole soak run, and workers that run random transactions on it and keep no records. */
export class LongLivedStore {
  readonly setup: RunSetup;
  readonly store: MemStore<Numbers>;
  #left = 0;

  constructor(setup: RunSetup) {
    this.setup = setup;
    this.store = new MemStore<Numbers>(setup.options);
  }

  async run(transactions: number): Promise<void> {
    this.#left = transactions;
    let working = this.setup.workers;
    const work = Promise.all(
      Array.from({ length: this.setup.workers }, () => this.#work().finally(() => working--)),
    );
    await this.#passTime(() => working > 0);
    await work;
  }

  /** Returns what is left in the store at the end, besides its entries. The result must be empty. */
  async leftovers(): Promise<string[]> {
    // Abandoned transactions expire, and pending evictions are written to the journal.
    let turns = TURNS_TO_END;
    await this.#passTime(() => turns-- > 0 && this.#leftNow().length > 0);
    return this.#leftNow().map(([name, count]) => `${this.setup.name}: ${name} is ${count}`);
  }

  #leftNow(): [name: string, count: number][] {
    const { activeTransactions, activeSnapshots, historyVersions, waitingOperations } = this.store.stats();
    const { held, waiting } = this.store.locks();
    const locks = held.length + waiting.length;
    const counts = { activeTransactions, activeSnapshots, historyVersions, waitingOperations, locks };
    return Object.entries(counts).filter(([, count]) => count !== 0);
  }

  async #passTime(isGoingOn: () => boolean): Promise<void> {
    while (isGoingOn()) {
      await new Promise((resolve) => setImmediate(resolve));
      this.setup.context.clock.advance(1);
    }
  }

  async #work(): Promise<void> {
    while (this.#left-- > 0) {
      try {
        await this.#transact();
      } catch (error) {
        if (!(error instanceof MemStoreError)) throw error;
      }
    }
  }

  async #transact(): Promise<void> {
    const { dice } = this.setup.context;
    const tx = (await this.store.begin({ readOnly: dice.chance(0.15) })) as Transaction<Numbers>;
    await new RandomWork(tx, new Recording(tx.id, 0), this.setup.context).run();
    const isLeft = dice.chance(0.02);
    if (dice.chance(0.9) && !isLeft) await tx.commit();
    else if (!isLeft) await tx.rollback();
  }
}
