import { resolve } from 'node:path';
import { checkOptions, invalidOption } from '../../arguments/check-options.ts';
import type { JournalStrategy } from '../journal.ts';
import type { HandOver } from './group-commit.ts';
import { LmdbLog } from './lmdb-log.ts';

/** Options of {@link lmdbJournal}. */
export interface LmdbJournalOptions {
  /**
   * The directory of the journal. It is created if it does not exist. A relative path is resolved against the
   * working directory when `lmdbJournal` is called. Only one store of one process may have the directory
   * open. All operations of any other store reject with `JOURNAL_LOCKED`.
   */
  readonly path: string;
  /**
   * The point at which a commit resolves. With `commit`, it resolves when LMDB has flushed it to disk,
   * together with other commits (group commit; DeWitt et al., 1984). With `relaxed`, it resolves when it is
   * enqueued. Then a crash may lose the last commits, but it never loses a part of a commit, or a commit
   * without all later ones. At most 1,000 commits and 4 MiB are enqueued, and further commits wait. If a
   * flush fails, the enqueued commits stay in memory. Each later commit tries to flush them again, and fails
   * if that flush fails.
   * @default 'commit'
   */
  readonly durability?: 'commit' | 'relaxed' | undefined;
  /**
   * The treatment of unreadable entries. An entry is unreadable if its record is damaged, or if this version
   * of Node cannot decode its value. With `refuse`, every operation rejects with `JOURNAL_CORRUPT`, and the
   * message names the key. With `set-aside`, the store opens without such entries. Their bytes stay in the
   * file, and the store emits `setAside` for each. If the database itself is damaged, operations reject with
   * `JOURNAL_CORRUPT` in both cases.
   * @default 'refuse'
   */
  readonly unreadable?: 'refuse' | 'set-aside' | undefined;
}

const HAND_OVER: HandOver = { bytes: 4 * 1024 * 1024, commits: 1_000 };
const OPTION_NAMES: ReadonlySet<string> = new Set<keyof LmdbJournalOptions>([
  'path',
  'durability',
  'unreadable',
]);

/**
 * Returns a strategy that writes every commit to an LMDB database, and loads all entries when the store
 * opens. All data stays in memory, and reads never touch the disk.
 *
 * @example
 * const store = new MemStore({ journal: lmdbJournal({ path: './lmdb' }) });
 * await store.put('greeting', 'hello');
 * await store.close();
 *
 * @throws {MemStoreError} INVALID_OPTION. Operations of the store reject with JOURNAL_LOCKED, JOURNAL_FORMAT,
 * JOURNAL_CORRUPT or JOURNAL_FAILED when the journal cannot be opened, and commits with JOURNAL_FULL or
 * JOURNAL_FAILED when the write fails.
 */
export function lmdbJournal(options: LmdbJournalOptions): JournalStrategy {
  checkOptions(options, OPTION_NAMES);
  const { path, durability = 'commit', unreadable = 'refuse' } = options;
  if (typeof path !== 'string' || path === '') throw invalidOption('path', 'the path of a directory', path);
  if (durability !== 'commit' && durability !== 'relaxed')
    throw invalidOption('durability', "'commit' or 'relaxed'", durability);
  if (unreadable !== 'refuse' && unreadable !== 'set-aside')
    throw invalidOption('unreadable', "'refuse' or 'set-aside'", unreadable);
  const handOver = durability === 'relaxed' ? HAND_OVER : undefined;
  const settings = { path: resolve(path), handOver, unreadable };
  return { name: 'lmdb', create: () => new LmdbLog(settings) };
}
