import { statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { MemStoreError } from '../../contract/errors.ts';
import { checkHeader, checkLockFile } from './check-header.ts';
import { lmdbError } from './lmdb-error.ts';
import { flushDirectory } from './make-directory.ts';
import type { DiskRecord } from './record.ts';
import { type FileStats, Room } from './room.ts';

/** How many records are read before others have a turn. */
const BATCH = 1_000;

/** Sorts after every key. */
const END: Buffer = Buffer.of(0xff);

/** What `getStats` gives, which lmdb's own declarations leave open. */
interface LmdbStats extends FileStats {
  readonly entryCount: number;
}

/** A record as it lies in the database. */
export interface StoredRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** An LMDB environment in a directory, with one database, whose commits are on disk when they resolve. */
export class Environment {
  readonly #directory: string;
  readonly #file: string;
  readonly #db: RootDatabase<Buffer, Buffer>;
  readonly #room: Room;
  /** Set when LMDB can no longer be trusted; it must not be touched from then on. */
  #failure: MemStoreError | undefined;

  /** @throws {MemStoreError} JOURNAL_CORRUPT, JOURNAL_FORMAT; or what LMDB or the file system says */
  constructor(directory: string) {
    this.#directory = directory;
    this.#file = join(directory, 'data.mdb');
    checkHeader(this.#file);
    checkLockFile(join(directory, 'lock.mdb'));
    const unlisted = {
      // Otherwise LMDB starts to write in the middle of a batch. A batch of more than 300,000 records then
      // blocks this thread until LMDB has caught up. (lmdb 3.5.6 does not declare this option.)
      batchStartThreshold: Number.POSITIVE_INFINITY,
    };
    this.#db = open<Buffer, Buffer>({
      ...unlisted,
      path: directory,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // LMDB's own order, data and then the meta page, each flushed: a commit that has resolved is on disk.
      // With the other setting, which is the default, it resolves when it is in the page cache.
      overlappingSync: false,
      // Groups are made here, and each is one transaction.
      eventTurnBatching: false,
    });
    this.#pad();
    this.#room = new Room(this.#file, () => this.#stats);
  }

  get #stats(): LmdbStats {
    return this.#db.getStats() as LmdbStats;
  }

  /** How many records there are. */
  get count(): number {
    return this.#stats.entryCount;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#db.getBinary(key);
  }

  /** Runs the work while no other process can do the same. */
  exclusively(work: () => void): void {
    this.#db.transactionSync(work);
  }

  /**
   * Yields the records from `first` on in batches, in the order of the bytes of their keys.
   * @param end the key at which to stop, exclusive
   */
  *batches(first: Buffer, end: Buffer = END): Generator<StoredRecord[], void> {
    let start = first;
    for (;;) {
      const range = this.#db.getRange({ start, end, exclusiveStart: start !== first, limit: BATCH });
      const batch = Array.from(range, ({ key, value }) => ({ key, value }));
      const last = batch.at(-1);
      if (last === undefined) return;
      yield batch;
      start = last.key;
    }
  }

  /**
   * Writes all the records in one transaction, or none. Resolves when they are on disk.
   * @throws {MemStoreError} as a rejection: JOURNAL_FULL, JOURNAL_FAILED
   */
  async write(records: readonly DiskRecord[]): Promise<void> {
    if (records.length === 0) return;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#room.make(records);
      await this.#db.batch(() => {
        for (const { key, value } of records)
          void (value === undefined ? this.#db.remove(key) : this.#db.put(key, value));
      });
    } catch (thrown) {
      const cause: unknown = await (thrown as { commitError?: Promise<never> }).commitError?.catch(
        (error: unknown) => error,
      );
      const error = lmdbError(`The commit could not be written to ${this.#directory}`, cause ?? thrown);
      this.#checkHealth(error);
      throw error;
    }
  }

  /** Makes the directory itself durable, with the files that are new in it. */
  syncDirectory(): void {
    for (const directory of [this.#directory, dirname(this.#directory)]) flushDirectory(directory);
  }

  async close(): Promise<void> {
    // An environment that has failed would never let go.
    if (this.#failure === undefined) await this.#db.close();
  }

  /**
   * After most failures LMDB is as before and can try again. When it could not write its meta page it
   * refuses all further work, and its next write from another thread would never return: a transaction in
   * this thread tells.
   */
  #checkHealth(error: MemStoreError): void {
    try {
      this.#db.transactionSync(() => {});
    } catch (cause) {
      const message = `The journal has failed (${error.message}). Open the store again, in a new process.`;
      this.#failure = new MemStoreError('JOURNAL_FAILED', message, { cause });
    }
  }

  /**
   * Gives a file that was cut off its length back, with zeros. LMDB finds pages of zeros to be damaged,
   * whereas reading behind the end of the file would end the process. (A file may rightly be shorter by
   * pages that are not in use.)
   */
  #pad(): void {
    const { lastPageNumber, pageSize } = this.#stats;
    const length = (lastPageNumber + 1) * pageSize;
    if (statSync(this.#file).size < length) truncateSync(this.#file, length);
  }
}
