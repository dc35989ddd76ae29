import type { Journal, JournalStrategy, JournalWrite } from '../../../journal/journal.ts';
import { assert, assertEqual } from '../../assert.ts';

/**
 * The storage of a journal, such as a directory. The suite opens several journals on it, one after the other,
 * as a process that restarts does.
 */
export interface JournalStorage {
  /** Returns a strategy on this storage. The suite closes each journal before it opens the next. */
  strategy(): JournalStrategy;
  /**
   * Ends the open journal as a crash of its process would. Appends that have not settled may or may not be on
   * the storage afterwards, and never settle. Optional: see `withoutCrash`.
   */
  crash?(seed: number): void | Promise<void>;
  /** Removes the storage at the end of a test. Optional. */
  dispose?(): void | Promise<void>;
}

/** What a journal gives back, by key. */
export type LoadedEntries = Map<string, { value: unknown; expiresAtMs: number | undefined }>;

export async function loadAll(journal: Journal): Promise<LoadedEntries> {
  const entries: LoadedEntries = new Map();
  for await (const batch of journal.load()) {
    for (const { key, value, expiresAtMs } of batch) {
      assert(!entries.has(key), `the key ${JSON.stringify(key)} is loaded once`);
      entries.set(key, { value, expiresAtMs });
    }
  }
  return entries;
}

/** Opens a journal, loads it, works on it and closes it, as one run of a process does. */
export async function withJournal(
  storage: JournalStorage,
  work: (journal: Journal) => void | Promise<void>,
): Promise<void> {
  const journal = storage.strategy().create();
  await loadAll(journal);
  await work(journal);
  await journal.close();
}

/** What the next run of a process would find. */
export async function reload(storage: JournalStorage): Promise<LoadedEntries> {
  const journal = storage.strategy().create();
  const entries = await loadAll(journal);
  await journal.close();
  return entries;
}

/** Fails the test unless the storage holds these values, which never expire, and nothing else. */
export async function assertStored(
  storage: JournalStorage,
  expected: Iterable<readonly [key: string, value: unknown]>,
  what: string,
): Promise<void> {
  const entries = await reload(storage);
  const found = new Map([...entries].map(([key, { value }]) => [key, value]));
  assertEqual(found, new Map(expected), what);
  for (const [key, { expiresAtMs }] of entries) assertEqual(expiresAtMs, undefined, `expiry of ${key}`);
}

export function put(key: string, value: unknown, expiresAtMs?: number): JournalWrite {
  return { key, value, expiresAtMs };
}

export function del(key: string): JournalWrite {
  return { key, deleted: true };
}
