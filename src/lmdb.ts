export {
  type CheckedEntry,
  type CheckJournalOptions,
  checkJournal,
  type JournalCheck,
} from './journal/lmdb-journal/check-journal.ts';
export { type LmdbJournalOptions, lmdbJournal } from './journal/lmdb-journal/lmdb-journal.ts';
