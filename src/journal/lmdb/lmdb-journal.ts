import { resolve } from 'node:path';
import { checkOptions, invalidOption } from '../../arguments/check.ts';
import type { JournalStrategy } from '../journal.ts';
import type { HandOver } from './group-commit.ts';
import { LmdbLog } from './lmdb-log.ts';

/** Options of {@link lmdbJournal}. */
export interface LmdbJournalOptions {
  /**
   * The directory of the journal, which is made if it does not exist. A relative path is resolved once,
   * against the working directory at the call of `lmdbJournal`. One process at a time has the directory open;
   * for a second one, and for a second store in the same process, every operation rejects with
   * `JOURNAL_LOCKED`.
   */
  readonly path: string;
  /**
   * When a commit resolves. With `commit`, when it is on disk: LMDB has flushed it, together with the other
   * commits of that time. With `relaxed`, when it is handed over: the death of the process or of the machine
   * may lose the last commits, but never a part of one, nor one without all that came after it. At most 1,000
   * commits and 4 MiB are handed over and not yet on disk; when there are more, commits wait. When the disk
   * takes no more, what was handed over stays in memory and is tried again with each commit, which fails as
   * long as that does.
   * @default 'commit'
   */
  readonly durability?: 'commit' | 'relaxed' | undefined;
  /**
   * What to do with an entry that cannot be read, because its record is damaged or this version of Node
   * cannot decode the value. With `refuse`, every operation rejects with `JOURNAL_CORRUPT`, which names the
   * key. With `set-aside`, the store opens without such entries: their bytes stay in the file, out of the
   * way, and the store emits `setAside` for each. A database that is damaged itself is `JOURNAL_CORRUPT` in
   * both cases.
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
 * Keeps every commit on disk too, in an LMDB database, and gives everything back when the store is opened.
 * All data stays in memory, and reads never touch the disk.
 *
 * @example
 * const store = new MemStore({ journal: lmdbJournal({ path: './data' }) });
 *
 * @throws {MemStoreError} INVALID_OPTION. Operations of the store reject with JOURNAL_LOCKED, JOURNAL_FORMAT,
 * JOURNAL_CORRUPT or JOURNAL_FAILED when the journal cannot be opened, and commits with JOURNAL_FULL or
 * JOURNAL_FAILED when it does not take them.
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
