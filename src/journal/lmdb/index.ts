export {
  type CheckedEntry,
  type CheckJournalOptions,
  checkJournal,
  type JournalCheck,
} from './check-journal.ts';
export { type LmdbJournalOptions, lmdbJournal } from './lmdb-journal.ts';
