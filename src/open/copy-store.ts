import { MAX_TTL_MS, MemStoreError, type ReadTransaction, type Store, type Transaction } from '../index.ts';
import { unlessAborted } from '../lifecycle/cancellation.ts';
import { type CopyOptions, readCopyOptions } from './copy-options.ts';

type AnyStore = Store<Record<string, unknown>>;
type AnyTransaction = Transaction<Record<string, unknown>>;

/** An entry on its way; it expires at the same moment as where it comes from. */
interface Carried {
  readonly key: string;
  readonly value: unknown;
  /** Infinity for an entry that lives for ever. */
  readonly expiresAtMs: number;
}

// Few enough for the transactions of any backend; where they are too many, they become fewer.
const BATCH = 100;
/**
 * Before the prefix of a copy, this makes the key that says that the copy is under way, or was interrupted.
 */
const MARK = '\0memstore-tx copy\0';

/**
 * Copies the entries of a store, as they are at one moment, into another store that has no keys with the
 * prefix. Expiry times are kept. An interrupted copy leaves a mark in the destination, and the next copy with
 * the same prefix starts again. Until it is complete, the destination has only a part, and cannot be the
 * source of a copy.
 * @returns the number of copied entries
 * @throws {MemStoreError} as a rejection: INVALID_OPTION if the destination is not empty, or one of the
 * stores has a part of an interrupted copy; CONFLICT if another copy into the same destination takes over;
 * ABORTED; and the errors of the two stores
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
  // One listener for the whole batch, instead of one for each key.
  const ttls = await unlessAborted(pending, signal, 'copy');
  const nowMs = Date.now();
  return batch.map(([key, value], index) => {
    const { [index]: ttl = Number.POSITIVE_INFINITY } = ttls;
    return { key, value, expiresAtMs: nowMs + ttl };
  });
}

/** One copy, as its destination sees it. */
class Copy {
  readonly prefix: string;
  /** Its own key of that kind. */
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
   * Refuses what an interrupted copy of some of the same keys has left.
   * @param mark the key that it left
   */
  refuseOther(mark: string, where: 'source' | 'destination'): void {
    const other = mark.slice(MARK.length);
    if (!other.startsWith(this.prefix) && !this.prefix.startsWith(other)) return;
    const which = other === '' ? 'a copy' : `a copy of the ${keysBelow(other)}`;
    throw new MemStoreError(
      'INVALID_OPTION',
      `The ${where} is not whole: ${which} into it was interrupted. Make that copy again first.`,
    );
  }

  /** Marks the destination as this copy's, and removes what an interrupted one left. */
  async begin(): Promise<void> {
    await this.#inDestination(async (tx) => {
      const isMarked = (await tx.getForUpdate(this.mark)) !== undefined;
      for await (const [mark] of tx.entries({ prefix: MARK }))
        if (mark !== this.mark) this.refuseOther(mark, 'destination');
      if (!isMarked && (await this.#keys(tx, 1)).length > 0)
        throw new MemStoreError(
          'INVALID_OPTION',
          `The destination is not empty: it has ${keysBelow(this.prefix)}.`,
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
      const leftMs = expiresAtMs - Date.now();
      // A source of an earlier version may return a longer ttl than a put accepts.
      const ttl = leftMs > MAX_TTL_MS ? Number.POSITIVE_INFINITY : leftMs;
      // What expired on the way is gone.
      if (ttl > 0) await tx.put(key, value, { ttl });
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

function keysBelow(prefix: string): string {
  return prefix === '' ? 'keys' : `keys that start with ${JSON.stringify(prefix)}`;
}
