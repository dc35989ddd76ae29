/** One entry of a journal. */
export interface JournalEntry {
  /** The key. */
  readonly key: string;
  /** The value. It belongs to the store, so the journal must not change it. */
  readonly value: unknown;
  /** The expiry time, in milliseconds since the Unix epoch. `undefined` if the entry never expires. */
  readonly expiresAtMs: number | undefined;
}

/** One change of a commit: an entry to add or replace, or a key to delete. */
export type JournalWrite =
  | ({ readonly deleted?: undefined } & JournalEntry)
  | { readonly key: string; readonly deleted: true };

/** All changes of one transaction. The journal stores all of them or none. */
export interface JournalCommit {
  /** The id of the transaction. */
  readonly transactionId: number;
  /** The changes. Each key occurs at most once. */
  readonly writes: readonly JournalWrite[];
}

/** An entry that the journal could not read and has moved aside, so that the store opens without it. */
export interface SetAsideEntry {
  /** The key of the entry. */
  readonly key: string;
  /** The reason why the journal could not read it. */
  readonly reason: string;
}

/**
 * Decides how commits become durable. One strategy object serves one store at a time.
 * @example
 * const store = new MemStore({ journal: lmdbJournal({ path: './journal' }) });
 * await store.put('greeting', 'hello');
 * await store.close();
 */
export interface JournalStrategy {
  /** The name of the strategy, for messages and tests. */
  readonly name: string;
  /** Creates the journal of one store. */
  create(): Journal;
}

/**
 * Makes each commit durable before it is published (a write-ahead log), and loads all entries at open.
 *
 * INVARIANTS (the journal suite of `memstore-tx/testing` checks them):
 * - After `append` has resolved, a later `load` yields the changes of the commit.
 * - If `append` rejected, or never settled because the process died, a later `load` yields all changes of the
 *   commit or none.
 * - The store may call `append` before an earlier call has settled. Commits become durable in call order:
 *   `load` never yields a commit without the earlier ones that succeeded.
 */
export interface Journal {
  /**
   * The number of entries that `load` yields, if the journal knows it. It must be set before `load` yields
   * its first batch.
   */
  readonly expectedEntries?: number | undefined;
  /** The entries that `load` has moved aside. After `load`, the store emits `setAside` for each of them. */
  readonly setAside?: readonly SetAsideEntry[] | undefined;
  /**
   * Yields all entries in batches, in any order, each key once. The store calls it once, before any `append`.
   * The operations of the store wait until it ends. If it fails, all of them reject.
   * @throws {MemStoreError} from `next()`, such as JOURNAL_LOCKED, JOURNAL_FORMAT or JOURNAL_CORRUPT
   */
  load(): AsyncIterable<readonly JournalEntry[]>;
  /**
   * Prepares a commit of many writes in several turns of the event loop, so that `append` takes little time.
   * Optional: without it, the store passes such commits to `append` unprepared. Resolves with the commit to
   * append. The store may append other commits before that one. Those have no keys in common with it. Nothing
   * of the commit may become durable before `append`. A rejection aborts the commit, like a rejection of
   * `append`.
   */
  prepare?(commit: JournalCommit): Promise<JournalCommit>;
  /**
   * Makes one commit durable. The transaction keeps its locks until the promise settles. A rejection aborts
   * the commit, and nothing is published. The commit then rejects with this error as its `cause`. If the
   * error is a `MemStoreError`, the commit also has its code.
   * @throws {MemStoreError} as a rejection, such as JOURNAL_FULL or JOURNAL_FAILED
   */
  append(commit: JournalCommit): Promise<void>;
  /** Closes the journal. The store calls it once, after the last `append` has settled. */
  close(): Promise<void>;
}
