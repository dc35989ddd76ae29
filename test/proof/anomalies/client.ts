import type { Backend, ClientTransaction } from './backend.ts';

/**
 * The result of a read. It is `undefined` while the read waits, and stays `undefined` if the transaction is
 * rolled back.
 */
export interface Seen<T> {
  value: T | undefined;
}

export type Rows = Readonly<Record<string, number>>;

/**
 * One client of a schedule. It runs its steps one after the other. Each call adds a step and returns when
 * every client of the scene is either done or waiting for a lock.
 */
export class Client {
  readonly #tx: ClientTransaction;
  readonly #isWaiting: () => boolean;
  readonly #whenQuiet: () => Promise<void>;
  #lastStep: Promise<void> = Promise.resolve();
  #stepsLeft = 0;

  constructor(tx: ClientTransaction, isWaiting: () => boolean, whenQuiet: () => Promise<void>) {
    this.#tx = tx;
    this.#isWaiting = isWaiting;
    this.#whenQuiet = whenQuiet;
  }

  get isCommitted(): boolean {
    return this.#tx.status === 'committed';
  }

  get isQuiet(): boolean {
    return this.#stepsLeft === 0 || this.#isWaiting();
  }

  /**
   * Adds a write.
   * @param value a function if the value depends on an earlier read.
   */
  put(key: string, value: number | (() => number)): Promise<unknown> {
    return this.#call(() => this.#tx.put(key, typeof value === 'function' ? value() : value));
  }

  del(key: string): Promise<unknown> {
    return this.#call(() => this.#tx.del(key));
  }

  get(key: string): Promise<Seen<number | undefined>> {
    return this.#call(() => this.#tx.get(key));
  }

  /** Reads the rows whose value satisfies the condition: a read by predicate. */
  select(condition: (value: number) => boolean = () => true): Promise<Seen<Rows>> {
    return this.#call(() => this.#select(condition));
  }

  /**
   * Changes the rows whose value satisfies the condition, and returns their keys. If `change` returns
   * `undefined`, the row is deleted.
   */
  update(
    condition: (value: number) => boolean,
    change: (value: number) => number | undefined,
  ): Promise<Seen<readonly string[]>> {
    return this.#call(() => this.#update(condition, change));
  }

  commit(): Promise<unknown> {
    return this.#call(() => this.#tx.commit());
  }

  rollback(): Promise<unknown> {
    return this.#call(() => this.#tx.rollback());
  }

  /** Resolves when every step has ended. */
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
  ): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const [key, value] of this.#tx.entries({ forUpdate: true })) {
      if (!condition(value)) continue;
      keys.push(key);
      const changed = change(value);
      if (changed === undefined) await this.#tx.del(key);
      else await this.#tx.put(key, changed);
    }
    return keys;
  }

  async #call<T>(operation: () => Promise<T>): Promise<Seen<T>> {
    const seen: Seen<T> = { value: undefined };
    this.#stepsLeft++;
    this.#lastStep = this.#lastStep.then(async () => {
      try {
        seen.value = await operation();
      } catch {
        // Each later step of a deadlock victim rejects too. The tests check which transactions have
        // committed.
      }
      this.#stepsLeft--;
    });
    await this.#whenQuiet();
    return seen;
  }
}

export interface Scene {
  readonly clients: readonly [Client, Client, Client];
  /** Begins another client, on a snapshot. */
  readonly snapshot: () => Promise<Client>;
  /** Returns the committed rows now. */
  readonly committed: () => Promise<Rows>;
  /** Returns the committed rows after all clients have ended. */
  readonly outcome: () => Promise<Rows>;
}

/** Opens a store in which x is 10 and y is 20, and begins three transactions in it. */
export async function openScene(open: () => Promise<Backend>): Promise<Scene> {
  const backend = await open();
  const all: Client[] = [];
  const whenQuiet = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (!all.every((client) => client.isQuiet));
  };
  const begin = async (readOnly: boolean): Promise<Client> => {
    const tx = await backend.begin({ readOnly });
    const client = new Client(tx, () => backend.isWaiting(tx.id), whenQuiet);
    all.push(client);
    return client;
  };
  const committed = async (): Promise<Rows> => {
    const rows: Record<string, number> = {};
    for await (const [key, value] of backend.entries()) rows[key] = value;
    return rows;
  };
  await backend.putMany([
    ['x', 10],
    ['y', 20],
  ]);
  return {
    clients: [await begin(false), await begin(false), await begin(false)],
    snapshot: () => begin(true),
    committed,
    outcome: async () => {
      for (const client of all) await client.settled();
      const rows = await committed();
      await backend.close();
      return rows;
    },
  };
}
