import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { checkOptions, invalidOption } from '../../arguments/check-options.ts';
import { MemStoreError } from '../../contract/errors.ts';
import { OpenJournal, openError } from './open-journal.ts';
import { RecordReader } from './read-records.ts';
import { fromRecord, keyOfRecord, UnreadableRecord } from './record.ts';
import { restore, setAside, setAsideRecords } from './set-aside.ts';

/** Options of {@link checkJournal}. */
export interface CheckJournalOptions {
  /** The directory of the journal. A relative path is resolved against the working directory. */
  readonly path: string;
  /**
   * The repair to make. `set-aside` moves unreadable entries aside, so that the journal opens without them.
   * `restore` puts such entries back, if they can be read now and their key is free.
   * @default undefined: nothing is changed
   */
  readonly repair?: 'set-aside' | 'restore' | undefined;
}

/** An entry that is unreadable or was set aside. */
export interface CheckedEntry {
  /** The key of the entry. */
  readonly key: string;
  /** The length of the record of the entry, in bytes. */
  readonly bytes: number;
  /** The reason why the entry cannot be read. Undefined if it can be read. */
  readonly reason: string | undefined;
}

/** The result of {@link checkJournal}. It describes the state after the repair, if there was one. */
export interface JournalCheck {
  /** The number of readable entries. */
  readonly entries: number;
  /** The entries that prevent the journal from opening, in key order. */
  readonly unreadable: readonly CheckedEntry[];
  /** The entries that were set aside, the oldest first. */
  readonly setAside: readonly CheckedEntry[];
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof CheckJournalOptions>(['path', 'repair']);

/**
 * Reads every entry of a journal, and returns those that cannot be read. No store may have the journal open.
 *
 * @example
 * const store = new MemStore({ journal: lmdbJournal({ path: './data' }) });
 * await store.put('greeting', 'hello');
 * await store.close();
 * const { unreadable } = await checkJournal({ path: './data' });
 * if (unreadable.length > 0) await checkJournal({ path: './data', repair: 'set-aside' });
 *
 * @throws {MemStoreError} as a rejection: INVALID_OPTION, JOURNAL_LOCKED, JOURNAL_FORMAT, JOURNAL_CORRUPT
 * when the database itself is damaged, JOURNAL_FULL, JOURNAL_FAILED
 */
export async function checkJournal(options: CheckJournalOptions): Promise<JournalCheck> {
  const { path, repair } = readOptions(options);
  if (!existsSync(join(path, 'data.mdb')))
    throw new MemStoreError('JOURNAL_FAILED', `There is no journal in ${path}.`);
  const journal = await OpenJournal.open(path);
  try {
    if (repair === 'set-aside') await setAsideUnreadable(journal);
    if (repair === 'restore') await restoreReadable(journal);
    return report(journal);
  } catch (cause) {
    throw openError(path, cause);
  } finally {
    await journal.close();
  }
}

function readOptions(options: CheckJournalOptions): CheckJournalOptions {
  checkOptions(options, OPTION_NAMES);
  const { path, repair } = options;
  if (typeof path !== 'string' || path === '') throw invalidOption('path', 'the path of a directory', path);
  if (repair !== undefined && repair !== 'set-aside' && repair !== 'restore')
    throw invalidOption('repair', "'set-aside' or 'restore'", repair);
  return { path: resolve(path), repair };
}

function readAll({ environment }: OpenJournal): { entries: number; reader: RecordReader } {
  const reader = new RecordReader(environment);
  let entries = 0;
  for (const batch of reader.batches()) entries += batch.length;
  return { entries, reader };
}

async function setAsideUnreadable(journal: OpenJournal): Promise<void> {
  await setAside(journal.environment, readAll(journal).reader.unreadable);
}

async function restoreReadable({ environment }: OpenJournal): Promise<void> {
  // If several records have the same key, restore the newest.
  const byKey = new Map(
    setAsideRecords(environment)
      .filter(({ key, value }) => whyUnreadable(key, value) === undefined)
      .map((record) => [record.key.toString('latin1'), record]),
  );
  await restore(
    environment,
    [...byKey.values()].filter(({ key }) => environment.get(key) === undefined),
  );
}

function report(journal: OpenJournal): JournalCheck {
  const { entries, reader } = readAll(journal);
  return {
    entries,
    unreadable: reader.unreadable.map(({ name, value, reason }) => ({
      key: name,
      bytes: value.length,
      reason,
    })),
    setAside: setAsideRecords(journal.environment).map(({ key, value }) => ({
      key: keyOfRecord(key, value),
      bytes: value.length,
      reason: whyUnreadable(key, value),
    })),
  };
}

function whyUnreadable(key: Buffer, value: Buffer): string | undefined {
  try {
    fromRecord(key, value);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnreadableRecord)) throw error;
    return error.message;
  }
}
