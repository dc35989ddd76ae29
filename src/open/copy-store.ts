import { MemStoreError, type Store, type Transaction } from '../index.ts';

/** Options of {@link copyStore}. */
export interface CopyOptions {
  /** Copies the keys that start with this, and leaves all others alone on both sides. @default '' */
  readonly prefix?: string | undefined;
  /** Told how many entries are copied, after each batch. */
  readonly onProgress?: ((progress: { readonly copied: number }) => void) | undefined;
  /** Ends the copy with `ABORTED`; the next one begins it again. */
  readonly signal?: AbortSignal | undefined;
}

type AnyStore = Store<Record<string, unknown>>;
type AnyTransaction = Transaction<Record<string, unknown>>;

/** An entry on its way; it expires at the same moment as where it comes from. */
interface Carried {
  readonly key: string;
  readonly value: unknown;
  readonly expiresAtMs: number | undefined;
}

// Few enough for the transactions of any home; where they are too many, they become fewer.
const BATCH = 100;

/**
 * Copies what a store holds at one moment into another store that holds nothing under the prefix yet. Expiry times come
 * along. A copy that was interrupted left a mark, and is begun again by the next one; until it is complete the
 * destination holds a part.
 *
 * @returns how many entries were copied
 * @throws {MemStoreError} as a rejection: INVALID_OPTION when the destination is not empty; CONFLICT when another copy into
 * it takes over; ABORTED; and whatever the two stores reject with
 */
export async function copyStore<S extends object>(
  from: Store<S>,
  to: Store<S>,
  options: CopyOptions = {},
): Promise<number> {
  const { signal } = options;
  const source = from as unknown as AnyStore;
  const copy = new Copy(to as unknown as AnyStore, options);
  await copy.begin();
  const snapshot = await source.begin({ readOnly: true, signal });
  try {
    let batch: [key: string, value: unknown][] = [];
    for await (const entry of snapshot.entries({ prefix: copy.prefix, signal })) {
      if (entry[0] === copy.mark) continue;
      batch.push(entry);
      if (batch.length < BATCH) continue;
      await copy.write(await carried(snapshot, batch));
      batch = [];
    }
    await copy.write(await carried(snapshot, batch));
  } finally {
    await snapshot.rollback();
  }
  return copy.end();
}

async function carried(
  snapshot: AnyTransaction,
  batch: readonly (readonly [key: string, value: unknown])[],
): Promise<Carried[]> {
  const ttls = await Promise.all(batch.map(([key]) => snapshot.ttl(key)));
  const nowMs = Date.now();
  return batch.map(([key, value], index) => {
    const ttl = ttls[index];
    return { key, value, expiresAtMs: ttl === undefined ? undefined : nowMs + ttl };
  });
}

/** One copy, as its destination sees it. */
class Copy {
  readonly prefix: string;
  /** The key that says that a copy is under way, or was interrupted. */
  readonly mark: string;
  readonly #to: AnyStore;
  readonly #onProgress: CopyOptions['onProgress'];
  readonly #signal: AbortSignal | undefined;
  readonly #id = crypto.randomUUID();
  #batch = BATCH;
  #copied = 0;

  constructor(to: AnyStore, { prefix = '', onProgress, signal }: CopyOptions) {
    this.#to = to;
    this.prefix = prefix;
    this.mark = `\0memstore-tx copy\0${prefix}`;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  /** Marks the destination as this copy's, and removes what an interrupted one left. */
  async begin(): Promise<void> {
    await this.#inDestination(async (tx) => {
      if ((await tx.getForUpdate(this.mark)) === undefined && (await this.#keys(tx, 1)).length > 0)
        throw new MemStoreError(
          'INVALID_OPTION',
          `The destination is not empty: it has keys that start with ${JSON.stringify(this.prefix)}.`,
        );
      await tx.put(this.mark, this.#id);
    });
    while (await this.#removeSome());
  }

  #inDestination<R>(work: (tx: AnyTransaction) => Promise<R>): Promise<R> {
    return this.#to.transaction(work, { signal: this.#signal });
  }

  #removeSome(): Promise<boolean> {
    return this.#inDestination(async (tx) => {
      await this.#check(tx);
      const keys = await this.#keys(tx, BATCH / 2);
      for (const key of keys) await tx.del(key);
      return keys.length > 0;
    });
  }

  async #keys(tx: AnyTransaction, limit: number): Promise<string[]> {
    const keys: string[] = [];
    // The mark itself may be among them.
    for await (const [key] of tx.entries({ prefix: this.prefix, limit: limit + 1 }))
      if (key !== this.mark && keys.length < limit) keys.push(key);
    return keys;
  }

  async write(entries: readonly Carried[]): Promise<void> {
    for (let next = 0; next < entries.length; ) {
      const part = entries.slice(next, next + this.#batch);
      try {
        await this.#inDestination((tx) => this.#put(tx, part));
      } catch (error) {
        if (!(error instanceof MemStoreError) || error.code !== 'LIMIT_EXCEEDED' || part.length === 1)
          throw error;
        this.#batch = Math.ceil(part.length / 2);
        continue;
      }
      next += part.length;
      this.#copied += part.length;
      this.#onProgress?.({ copied: this.#copied });
    }
  }

  async #put(tx: AnyTransaction, part: readonly Carried[]): Promise<void> {
    await this.#check(tx);
    for (const { key, value, expiresAtMs } of part) {
      const ttl = expiresAtMs === undefined ? undefined : expiresAtMs - Date.now();
      // What expired on the way is gone.
      if (ttl === undefined || ttl > 0) await tx.put(key, value, { ttl });
    }
  }

  async #check(tx: AnyTransaction): Promise<void> {
    if ((await tx.get(this.mark)) !== this.#id)
      throw new MemStoreError('CONFLICT', 'Another copy into the same destination has taken over.');
  }

  async end(): Promise<number> {
    await this.#inDestination(async (tx) => {
      await this.#check(tx);
      await tx.del(this.mark);
    });
    return this.#copied;
  }
}
