import { keyLocks, MemStore, mutexLocks, type Transaction } from 'memstore-tx';
import {
  checkHistory,
  formatReport,
  type HistoryTransaction,
  type Operation,
  seededRandom,
} from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';

type Numbers = Record<string, number>;

const KEYS = ['a', 'b', 'c', 'd'];
const WORKERS = 6;
const TRANSACTIONS_PER_WORKER = 25;
const SEEDS = 20;

/** Workers that read, write and scan at random beside each other, and what each of their transactions saw. */
class RandomRun {
  readonly transactions: HistoryTransaction[] = [];
  readonly #store: MemStore<Numbers>;
  readonly #random: () => number;
  #lastValue = 0;
  #lastMoment = 0;

  constructor(store: MemStore<Numbers>, seed: number) {
    this.#store = store;
    this.#random = seededRandom(seed);
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
  }

  async #work(): Promise<void> {
    for (let count = 0; count < TRANSACTIONS_PER_WORKER; count++) await this.#transact();
  }

  async #transact(): Promise<void> {
    const beginAt = ++this.#lastMoment;
    const tx = await this.#store.begin({ readOnly: this.#random() < 0.15 });
    const operations: Operation[] = [];
    let status: HistoryTransaction['status'] = 'aborted';
    try {
      const length = 1 + Math.floor(this.#random() * 4);
      for (let count = 0; count < length; count++) operations.push(await this.#operate(tx));
      if (this.#random() < 0.9) {
        await tx.commit();
        status = 'committed';
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'DEADLOCK' });
    }
    await tx.rollback();
    this.transactions.push({ id: tx.id, status, beginAt, endAt: ++this.#lastMoment, operations });
  }

  async #operate(tx: Transaction<Numbers>): Promise<Operation> {
    if (this.#random() < 0.5) await null;
    const choice = this.#random();
    const key = this.#pick();
    if (choice < 0.2) return this.#scan(tx, key);
    if (choice < 0.6 || tx.readOnly) return { type: 'read', key, value: await tx.get(key) };
    if (choice < 0.7) return { type: 'read', key, value: await tx.getForUpdate(key) };
    const value = ++this.#lastValue;
    await tx.put(key, value);
    return { type: 'write', key, value };
  }

  async #scan(tx: Transaction<Numbers>, one: string): Promise<Operation> {
    const [gte = '', lte = ''] = [one, this.#pick()].sort();
    const forUpdate = !tx.readOnly && this.#random() < 0.4;
    const entries: [string, number][] = [];
    for await (const entry of tx.entries({ gte, lte, reverse: this.#random() < 0.5, forUpdate }))
      entries.push(entry);
    return { type: 'scan', range: { from: gte, to: `${lte}\0` }, entries };
  }

  #pick(): string {
    return KEYS[Math.floor(this.#random() * KEYS.length)] ?? '';
  }
}

const STRATEGIES = { keyLocks: keyLocks(), mutexLocks: mutexLocks({ stripes: 4 }) };

describe.each(Object.entries(STRATEGIES))('random histories with %s', (_name, locks) => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'are strictly serializable (seed %i)',
    async (seed) => {
      const store = new MemStore<Numbers>({ locks });
      const run = new RandomRun(store, seed);
      await run.run();
      const report = checkHistory({ transactions: run.transactions });
      expect(report.valid, formatReport(report)).toBe(true);
      expect(store.stats()).toMatchObject({
        activeTransactions: 0,
        waitingOperations: 0,
        historyVersions: 0,
        lockTimeouts: 0,
      });
      expect(store.locks()).toEqual({ held: [], waiting: [] });
    },
  );
});
