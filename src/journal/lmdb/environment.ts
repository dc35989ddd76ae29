import { statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { MemStoreError } from '../../contract/errors.ts';
import { checkHeader, checkLockFile } from './check-header.ts';
import { lmdbError } from './lmdb-error.ts';
import { flushDirectory } from './make-directory.ts';
import type { DiskRecord } from './record.ts';
import { type FileStats, Room } from './room.ts';

/** The number of records in a batch. The caller may yield to the event loop between batches. */
const BATCH = 1_000;

/** A key that sorts after every other key. */
const END: Buffer = Buffer.of(0xff);

/** The result of `getStats`, which the type declarations of lmdb do not describe. */
interface LmdbStats extends FileStats {
  readonly entryCount: number;
}

/** A record as stored in the database. */
export interface StoredRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** An LMDB environment in a directory, with a single database. When a commit resolves, it is on disk. */
export class Environment {
  readonly #directory: string;
  readonly #file: string;
  readonly #db: RootDatabase<Buffer, Buffer>;
  readonly #room: Room;
  /** Set after LMDB has failed for good. LMDB must not be called after that. */
  #failure: MemStoreError | undefined;

  /** @throws {MemStoreError} JOURNAL_CORRUPT, JOURNAL_FORMAT; or the error of LMDB or the file system */
  constructor(directory: string) {
    this.#directory = directory;
    this.#file = join(directory, 'data.mdb');
    checkHeader(this.#file);
    checkLockFile(join(directory, 'lock.mdb'));
    const unlisted = {
      // With a finite threshold, LMDB would start to write in the middle of a batch. For more than 300,000
      // records, that blocks this thread until LMDB has caught up. (The types of lmdb 3.5.6 omit this
      // option.)
      batchStartThreshold: Number.POSITIVE_INFINITY,
    };
    this.#db = open<Buffer, Buffer>({
      ...unlisted,
      path: directory,
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      // `false` makes LMDB flush the data first and then the meta page, so a resolved commit is on disk. With
      // the default, a commit resolves when it is in the page cache.
      overlappingSync: false,
      // `GroupCommit` forms the groups, and each group is one transaction.
      eventTurnBatching: false,
    });
    this.#pad();
    this.#room = new Room(this.#file, () => this.#stats);
  }

  get #stats(): LmdbStats {
    return this.#db.getStats() as LmdbStats;
  }

  /** The number of records. */
  get count(): number {
    return this.#stats.entryCount;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#db.getBinary(key);
  }

  /** Runs the work under LMDB's write lock, so that other processes wait. */
  exclusively(work: () => void): void {
    this.#db.transactionSync(work);
  }

  /**
   * Yields the records from `first` on in batches, in byte order of their keys.
   * @param end the key at which to stop; it is excluded
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
   * Writes all records in one transaction. If it fails, no record is written. Resolves when they are on disk.
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

  /** Makes the directory entries of new files durable. */
  syncDirectory(): void {
    for (const directory of [this.#directory, dirname(this.#directory)]) flushDirectory(directory);
  }

  async close(): Promise<void> {
    // After a failure, `close` of LMDB would never return.
    if (this.#failure === undefined) await this.#db.close();
  }

  /**
   * Checks whether LMDB still works after an error. After most errors it does. If it could not write its meta
   * page, it refuses all further work, and the next write from another thread would never return. An empty
   * transaction in this thread shows that.
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
   * Extends a truncated file with zeros to its full length. LMDB reports pages of zeros as damaged, but
   * reading beyond the end of the file would kill the process. A valid file may also be shorter, because
   * unused pages at the end can be missing.
   */
  #pad(): void {
    const { lastPageNumber, pageSize } = this.#stats;
    const length = (lastPageNumber + 1) * pageSize;
    if (statSync(this.#file).size < length) truncateSync(this.#file, length);
  }
}
