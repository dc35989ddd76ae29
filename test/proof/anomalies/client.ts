import type { Backend, ClientTransaction } from './backend.ts';

/**
 * What a read gave, once it has; undefined while it waits, and for good when the transaction was rolled back.
 */
export interface Seen<T> {
  value: T | undefined;
}

export type Rows = Readonly<Record<string, number>>;

/**
 * One client of a schedule: a program that goes on to its next step when the one before is through. A call
 * adds a step and returns when no client of the scene has anything left to do but to wait for others.
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

  /** Writes the rows whose value satisfies the condition: `undefined` deletes. Gives their keys. */
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
        // Whoever is the victim of a deadlock is told so at each step; the tests ask who has committed.
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
  /** What is committed now. */
  readonly committed: () => Promise<Rows>;
  /** What is committed, when all clients are through. */
  readonly outcome: () => Promise<Rows>;
}

/** A store in which x is 10 and y is 20, and three transactions in it. */
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
