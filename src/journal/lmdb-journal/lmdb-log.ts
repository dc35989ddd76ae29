import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemStoreError } from '../../errors.ts';
import type { Journal, JournalCommit, JournalEntry } from '../journal.ts';
import { Environment } from './environment.ts';
import { checkFormat } from './format.ts';
import { GroupCommit, type HandOver } from './group-commit.ts';
import { lmdbError } from './lmdb-error.ts';
import { Owner } from './owner.ts';
import { fromRecord, toRecord } from './record.ts';

// Others get a turn of the event loop at least this often while a large journal is read.
const MOST_MS_PER_TURN = 10;

/** What there is while the journal is open. */
interface Open {
  readonly owner: Owner;
  readonly environment: Environment;
  readonly commits: GroupCommit;
}

/** The journal of one store, in one directory. */
export class LmdbLog implements Journal {
  readonly #path: string;
  readonly #handOver: HandOver | undefined;
  #open: Open | undefined;
  expectedEntries: number | undefined;

  constructor(path: string, handOver: HandOver | undefined) {
    this.#path = path;
    this.#handOver = handOver;
  }

  async *load(): AsyncGenerator<readonly JournalEntry[], void> {
    try {
      yield* this.#load();
    } catch (cause) {
      const error = lmdbError(`The journal in ${this.#path} could not be opened`, cause);
      await this.#end();
      throw error;
    }
  }

  async *#load(): AsyncGenerator<readonly JournalEntry[], void> {
    const owner = new Owner(this.#path);
    const environment = new Environment(owner.directory);
    const commits = new GroupCommit((records) => environment.write(records), this.#handOver);
    this.#open = { owner, environment, commits };
    environment.exclusively(() => owner.take());
    await checkFormat(environment);
    // One record is the format's.
    const expected = environment.count - 1;
    this.expectedEntries = expected;
    let found = 0;
    let turnBeganMs = performance.now();
    for (const batch of environment.batches()) {
      found += batch.length;
      yield batch.map(({ key, value }) => fromRecord(key, value));
      if (performance.now() - turnBeganMs < MOST_MS_PER_TURN) continue;
      await nextTurn();
      turnBeganMs = performance.now();
    }
    if (found !== expected)
      throw new MemStoreError('JOURNAL_CORRUPT', `There should be ${expected} entries; ${found} were found.`);
  }

  async append({ writes }: JournalCommit): Promise<void> {
    if (this.#open === undefined) throw new MemStoreError('STORE_CLOSED', 'The journal is closed.');
    await this.#open.commits.append(writes.map(toRecord));
  }

  async close(): Promise<void> {
    try {
      await this.#open?.commits.flushed();
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.environment.close();
    open?.owner.release();
  }
}
