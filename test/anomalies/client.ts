import { type LockStrategy, MemStore, type Transaction } from 'memstore-tx';

/** What a read gave, once it has; undefined while it waits, and for good when the transaction was rolled back. */
export interface Seen<T> {
  value: T | undefined;
}

export type Rows = Readonly<Record<string, number>>;

/**
 * One client of a schedule: a program that goes on to its next step when the one before is through. A call adds
 * a step and returns when that is through or waits, so that the next client has its turn.
 */
export class Client {
  readonly #tx: Transaction<Record<string, number>>;
  #lastStep: Promise<void> = Promise.resolve();

  constructor(tx: Transaction<Record<string, number>>) {
    this.#tx = tx;
  }

  get isCommitted(): boolean {
    return this.#tx.status === 'committed';
  }

  /** @param value a function when it depends on what an earlier step has read. */
  put(key: string, value: number | (() => number)): Promise<unknown> {
    return this.#call(() => this.#tx.put(key, typeof value === 'function' ? value() : value));
  }

  del(key: string): Promise<unknown> {
    return this.#call(() => this.#tx.del(key));
  }

  get(key: string): Promise<Seen<number | undefined>> {
    return this.#call(() => this.#tx.get(key));
  }

  /** The rows whose value satisfies the condition: a read by predicate. */
  select(condition: (value: number) => boolean = () => true): Promise<Seen<Rows>> {
    return this.#call(() => this.#select(condition));
  }

  /** Writes the rows whose value satisfies the condition: `undefined` deletes. */
  update(
    condition: (value: number) => boolean,
    change: (value: number) => number | undefined,
  ): Promise<unknown> {
    return this.#call(() => this.#update(condition, change));
  }

  commit(): Promise<unknown> {
    return this.#call(() => this.#tx.commit());
  }

  rollback(): Promise<unknown> {
    return this.#call(() => this.#tx.rollback());
  }

  /** Resolves when every step is through. */
  settled(): Promise<void> {
    return this.#lastStep;
  }

  async #select(condition: (value: number) => boolean): Promise<Rows> {
    const rows: Record<string, number> = {};
    for await (const [key, value] of this.#tx.entries()) if (condition(value)) rows[key] = value;
    return rows;
  }

  async #update(
    condition: (value: number) => boolean,
    change: (value: number) => number | undefined,
  ): Promise<void> {
    for await (const [key, value] of this.#tx.entries({ forUpdate: true })) {
      if (!condition(value)) continue;
      const changed = change(value);
      if (changed === undefined) await this.#tx.del(key);
      else await this.#tx.put(key, changed);
    }
  }

  async #call<T>(operation: () => Promise<T>): Promise<Seen<T>> {
    const seen: Seen<T> = { value: undefined };
    this.#lastStep = this.#lastStep.then(async () => {
      try {
        seen.value = await operation();
      } catch {
        // Whoever is the victim of a deadlock is told so at each step; the tests ask who has committed.
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
    return seen;
  }
}

export interface Scene {
  readonly clients: readonly [Client, Client, Client];
  /** Begins another client, on a snapshot. */
  readonly snapshot: () => Promise<Client>;
  /** What is committed, when all clients are through. */
  readonly outcome: () => Promise<Rows>;
}

/** A store in which x is 10 and y is 20, and three transactions in it. */
export async function openScene(locks: LockStrategy): Promise<Scene> {
  const store = new MemStore<Record<string, number>>({ locks });
  await store.putMany([
    ['x', 10],
    ['y', 20],
  ]);
  const begin = async (readOnly: boolean): Promise<Client> => new Client(await store.begin({ readOnly }));
  const clients = [await begin(false), await begin(false), await begin(false)] as const;
  return {
    clients,
    snapshot: () => begin(true),
    outcome: async () => {
      for (const client of clients) await client.settled();
      const rows: Record<string, number> = {};
      for await (const [key, value] of store.entries()) rows[key] = value;
      await store.close();
      return rows;
    },
  };
}
