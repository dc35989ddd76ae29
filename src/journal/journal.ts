/** One entry as a journal keeps it. */
export interface JournalEntry {
  readonly key: string;
  /** The value. It belongs to the store: a journal reads it and never changes it. */
  readonly value: unknown;
  /** When the entry expires, in milliseconds since the Unix epoch; undefined for never. */
  readonly expiresAtMs: number | undefined;
}

/** One change of a commit: an entry as it is from now on, or the key of one that is gone. */
export type JournalWrite =
  | ({ readonly deleted?: undefined } & JournalEntry)
  | { readonly key: string; readonly deleted: true };

/** Everything that one transaction changes. Either all of it is in the journal or nothing. */
export interface JournalCommit {
  readonly transactionId: number;
  /** Each key at most once. */
  readonly writes: readonly JournalWrite[];
}

/** An entry that a journal could not read and has set aside, so that it opens without it. */
export interface SetAsideEntry {
  readonly key: string;
  /** Why it could not be read. */
  readonly reason: string;
}

/** Decides whether and how commits are made durable. One strategy object serves one store at a time. */
export interface JournalStrategy {
  readonly name: string;
  create(): Journal;
}

/**
 * Makes a commit durable before it is published, and gives everything back at open.
 *
 * INVARIANTS (the journal suite of `memstore-tx/testing` checks them):
 * - After `append` has resolved, a later `load` gives back what the commit wrote.
 * - A commit whose `append` rejected, or never settled because the process died, is loaded whole or not at
 *   all.
 * - `append` may be called again before an earlier call has settled. Commits become durable in the order of
 *   the calls: a later one is never loaded without the earlier ones that succeeded.
 */
export interface Journal {
  /** How many entries `load` is going to yield, from its first batch on, if the journal knows. */
  readonly expectedEntries?: number | undefined;
  /**
   * The entries that `load` has set aside. The store reads this after `load`, and emits `setAside` for each.
   */
  readonly setAside?: readonly SetAsideEntry[] | undefined;
  /**
   * Yields every entry in batches, in any order, each key once. Called once, before any `append`.
   * The store waits for the end of it before it lets any operation begin; an error keeps the store closed.
   */
  load(): AsyncIterable<readonly JournalEntry[]>;
  /**
   * Prepares a commit of many writes, in turns of the event loop, so that `append` needs little time for it.
   * Optional: without it, `append` gets such commits as it gets all others. Resolves with the commit to
   * append. The store may append other commits before that one. They have no key in common with it. Nothing
   * of the commit may become durable before `append`. A rejection aborts the commit, as one of `append` does.
   */
  prepare?(commit: JournalCommit): Promise<JournalCommit>;
  /**
   * Makes one commit durable. While it is under way the transaction keeps its locks. A rejection aborts
   * the commit, with nothing published, and becomes the `cause` of the error, which has its code if it is a
   * `MemStoreError`.
   */
  append(commit: JournalCommit): Promise<void>;
  /** Called once, after the last `append` has settled. */
  close(): Promise<void>;
}
