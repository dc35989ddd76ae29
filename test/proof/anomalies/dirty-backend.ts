import type { Backend, ClientTransaction } from './backend.ts';

/** A store without locks, in which every write is immediately visible to all transactions. */
export class DirtyBackend implements Backend {
  readonly #rows = new Map<string, number>();
  #lastId = 0;

  async begin(): Promise<ClientTransaction> {
    return new DirtyTransaction(++this.#lastId, this.#rows);
  }

  async putMany(entries: Iterable<readonly [string, number]>): Promise<void> {
    for (const [key, value] of entries) this.#rows.set(key, value);
  }

  entries(): AsyncGenerator<[string, number]> {
    return sorted(this.#rows);
  }

  isWaiting(): boolean {
    return false;
  }

  async close(): Promise<void> {}
}

class DirtyTransaction implements ClientTransaction {
  readonly id: number;
  status: ClientTransaction['status'] = 'active';
  readonly #rows: Map<string, number>;
  readonly #before = new Map<string, number | undefined>();

  constructor(id: number, rows: Map<string, number>) {
    this.id = id;
    this.#rows = rows;
  }

  async get(key: string): Promise<number | undefined> {
    return this.#rows.get(key);
  }

  async put(key: string, value: number): Promise<void> {
    this.#remember(key);
    this.#rows.set(key, value);
  }

  async del(key: string): Promise<boolean> {
    this.#remember(key);
    return this.#rows.delete(key);
  }

  entries(): AsyncGenerator<[string, number]> {
    return sorted(this.#rows);
  }

  async commit(): Promise<void> {
    this.status = 'committed';
  }

  async rollback(): Promise<void> {
    for (const [key, value] of this.#before) {
      if (value === undefined) this.#rows.delete(key);
      else this.#rows.set(key, value);
    }
    this.status = 'aborted';
  }

  #remember(key: string): void {
    if (!this.#before.has(key)) this.#before.set(key, this.#rows.get(key));
  }
}

async function* sorted(rows: ReadonlyMap<string, number>): AsyncGenerator<[string, number]> {
  yield* [...rows].sort(([left], [right]) => (left < right ? -1 : 1));
}
