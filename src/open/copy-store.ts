import { MAX_TTL_MS, MemStoreError, type ReadTransaction, type Store, type Transaction } from '../index.ts';
import { unlessAborted } from '../lifecycle/cancellation.ts';
import { type CopyOptions, readCopyOptions } from './copy-options.ts';

type AnyStore = Store<Record<string, unknown>>;
type AnyTransaction = Transaction<Record<string, unknown>>;

/** An entry that is being copied. Its copy expires at the same time as the original. */
interface Carried {
  readonly key: string;
  readonly value: unknown;
  /** The expiry time. Infinity if the entry never expires. */
  readonly expiresAtMs: number;
}

// Small enough for the transaction limits of most backends. If a batch is too large, it is halved.
const BATCH = 100;
/** The start of the key that marks a copy as running or interrupted. The prefix of the copy follows it. */
const MARK = '\0memstore-tx copy\0';

/**
 * Copies the entries of a store, as of one moment, into another store that has no keys with the prefix.
 * Expiry times are kept. An interrupted copy leaves a mark in the destination, and the next copy with the
 * same prefix starts again. Until a copy is complete, its destination cannot be the source of another copy.
 * @returns the number of copied entries
 * @throws {MemStoreError} as a rejection: INVALID_OPTION if the destination is not empty, or if one of the
 * stores contains an incomplete copy; CONFLICT if another copy into the same destination has started;
 * ABORTED; and the errors of both stores
 * @example
 * const memory = await openStore('memory:');
 * await memory.put('greeting', 'hello');
 * const disk = await openStore('lmdb:./copy');
 * console.log(await copyStore(memory, disk)); // 1
 * await disk.close();
 */
export async function copyStore<S extends object>(
  from: Store<S>,
  to: Store<S>,
  options?: CopyOptions,
): Promise<number> {
  const read = readCopyOptions(options);
  const { signal } = read;
  const source = from as unknown as AnyStore;
  const copy = new Copy(to as unknown as AnyStore, read);
  for await (const [key] of source.entries({ prefix: MARK, signal })) copy.refuseOther(key, 'source');
  await copy.begin();
  const snapshot = await source.begin({ readOnly: true, signal });
  try {
    let batch: [key: string, value: unknown][] = [];
    for await (const entry of snapshot.entries({ prefix: copy.prefix, signal })) {
      if (entry[0] === copy.mark) continue;
      batch.push(entry);
      if (batch.length < BATCH) continue;
      await copy.write(await carried(snapshot, batch, signal));
      batch = [];
    }
    await copy.write(await carried(snapshot, batch, signal));
  } finally {
    await snapshot.rollback();
  }
  return copy.end();
}

async function carried(
  snapshot: ReadTransaction<Record<string, unknown>>,
  batch: readonly (readonly [key: string, value: unknown])[],
  signal: AbortSignal | undefined,
): Promise<Carried[]> {
  const pending = Promise.all(batch.map(([key]) => snapshot.ttl(key)));
  // Add one abort listener for the whole batch instead of one for each key.
  const ttls = await unlessAborted(pending, signal, 'copy');
  const nowMs = Date.now();
  return batch.map(([key, value], index) => {
    const { [index]: ttl = Number.POSITIVE_INFINITY } = ttls;
    return { key, value, expiresAtMs: nowMs + ttl };
  });
}

/** The state of one copy and the operations on its destination. */
class Copy {
  readonly prefix: string;
  /** The key that marks this copy. */
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
    this.mark = `${MARK}${prefix}`;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  /**
   * Refuses a store that contains an interrupted copy of some of the same keys.
   * @param mark the key that marks the interrupted copy
   */
  refuseOther(mark: string, where: 'source' | 'destination'): void {
    const other = mark.slice(MARK.length);
    if (!other.startsWith(this.prefix) && !this.prefix.startsWith(other)) return;
    const which = other === '' ? 'a copy' : `a copy of the ${keysBelow(other)}`;
    throw new MemStoreError(
      'INVALID_OPTION',
      `The ${where} is incomplete: ${which} into it was interrupted. Run that copy again first.`,
    );
  }

  /** Marks the destination for this copy, and removes the entries of an interrupted copy. */
  async begin(): Promise<void> {
    await this.#inDestination(async (tx) => {
      const isMarked = (await tx.getForUpdate(this.mark)) !== undefined;
      for await (const [mark] of tx.entries({ prefix: MARK }))
        if (mark !== this.mark) this.refuseOther(mark, 'destination');
      if (!isMarked && (await this.#keys(tx, 1)).length > 0)
        throw new MemStoreError(
          'INVALID_OPTION',
          `The destination is not empty: it has ${keysBelow(this.prefix)}. Delete them first.`,
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
    // The range may contain the mark.
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
      const leftMs = expiresAtMs - Date.now();
      // A store of an earlier version may return a TTL that is longer than a put accepts.
      const ttl = leftMs > MAX_TTL_MS ? Number.POSITIVE_INFINITY : leftMs;
      // Skip entries that expired during the copy.
      if (ttl > 0) await tx.put(key, value, { ttl });
    }
  }

  async #check(tx: AnyTransaction): Promise<void> {
    if ((await tx.get(this.mark)) !== this.#id)
      throw new MemStoreError(
        'CONFLICT',
        'Another copy into the same destination has started, so this copy has stopped.',
      );
  }

  async end(): Promise<number> {
    await this.#inDestination(async (tx) => {
      await this.#check(tx);
      await tx.del(this.mark);
    });
    return this.#copied;
  }
}

function keysBelow(prefix: string): string {
  return prefix === '' ? 'keys' : `keys that start with ${JSON.stringify(prefix)}`;
}
