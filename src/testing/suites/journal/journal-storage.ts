import type { Journal, JournalStrategy, JournalWrite } from '../../../journal/journal.ts';
import { assert, assertEqual } from '../../assert.ts';

/**
 * The storage of a journal, such as a directory. The suite opens several journals on it, one after the other,
 * like a process that restarts.
 */
export interface JournalStorage {
  /** Returns a strategy on this storage. The suite closes each journal before it opens the next. */
  strategy(): JournalStrategy;
  /**
   * Ends the open journal like a crash of its process. Unsettled appends never settle. They may or may not be
   * on the storage afterwards. Optional: see `withoutCrash`.
   */
  crash?(seed: number): void | Promise<void>;
  /** Removes the storage at the end of a test. Optional. */
  dispose?(): void | Promise<void>;
}

/** The entries that a journal loads, by key. */
export type LoadedEntries = Map<string, { value: unknown; expiresAtMs: number | undefined }>;

export async function loadAll(journal: Journal): Promise<LoadedEntries> {
  const entries: LoadedEntries = new Map();
  for await (const batch of journal.load()) {
    for (const { key, value, expiresAtMs } of batch) {
      assert(!entries.has(key), `the key ${JSON.stringify(key)} is loaded only once`);
      entries.set(key, { value, expiresAtMs });
    }
  }
  return entries;
}

/** Opens a journal, loads it, runs `work` and closes it, like one run of a process. */
export async function withJournal(
  storage: JournalStorage,
  work: (journal: Journal) => void | Promise<void>,
): Promise<void> {
  const journal = storage.strategy().create();
  await loadAll(journal);
  await work(journal);
  await journal.close();
}

/** Returns the entries that a new journal loads from the storage. */
export async function reload(storage: JournalStorage): Promise<LoadedEntries> {
  const journal = storage.strategy().create();
  const entries = await loadAll(journal);
  await journal.close();
  return entries;
}

/** Fails the test unless the storage contains exactly these values, without expiry times. */
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
