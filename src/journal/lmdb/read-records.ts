import { MemStoreError } from '../../contract/errors.ts';
import type { JournalEntry } from '../journal.ts';
import type { Environment, StoredRecord } from './environment.ts';
import { FIRST_ENTRY } from './key-bytes.ts';
import { fromRecord, keyOfRecord, UnreadableRecord } from './record.ts';
import { setAsideRecords } from './set-aside.ts';

/** The record of an entry that cannot be read. */
export interface UnreadableEntry extends StoredRecord {
  /** The key of the entry. */
  readonly name: string;
  readonly reason: string;
}

/** Reads every entry of an environment once, and collects the records that cannot be read. */
export class RecordReader {
  readonly #environment: Environment;
  /** The number of entries, including unreadable ones. */
  readonly expected: number;
  /** The unreadable records so far. */
  readonly unreadable: UnreadableEntry[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
    // One of the records holds the format.
    this.expected = environment.count - 1 - setAsideRecords(environment).length;
  }

  /**
   * Yields the readable entries in batches.
   * @throws {MemStoreError} JOURNAL_CORRUPT if records are missing, because the database itself is damaged
   */
  *batches(): Generator<JournalEntry[], void> {
    let found = 0;
    for (const records of this.#environment.batches(FIRST_ENTRY)) {
      found += records.length;
      yield records.flatMap((record) => this.#read(record));
    }
    if (found === this.expected) return;
    const message = `The database is damaged: it should have ${this.expected} entries, but has ${found}.`;
    throw new MemStoreError('JOURNAL_CORRUPT', message);
  }

  #read({ key, value }: StoredRecord): JournalEntry[] {
    try {
      return [fromRecord(key, value)];
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      this.unreadable.push({ key, value, name: keyOfRecord(key, value), reason: error.message });
      return [];
    }
  }
}
