export { type LmdbJournalOptions, lmdbJournal } from './journal/lmdb-journal/lmdb-journal.ts';
