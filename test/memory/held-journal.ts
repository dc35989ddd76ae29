import type { Journal, JournalCommit, JournalEntry, JournalStrategy } from '../../src/journal/journal.ts';

interface Append {
  readonly commit: JournalCommit;
  readonly succeed: () => void;
  readonly fail: (reason: unknown) => void;
}

/** A journal whose appends stay pending until the test settles them, in the order of the calls. */
export class HeldJournal implements JournalStrategy {
  readonly name = 'held';
  /** All appended commits, settled or pending. */
  readonly commits: JournalCommit[] = [];
  /** The entries that `load` returns. */
  readonly entries: JournalEntry[];
  closes = 0;
  readonly #pending: Append[] = [];

  constructor(entries: JournalEntry[] = []) {
    this.entries = entries;
  }

  create(): Journal {
    const { entries } = this;
    return {
      async *load() {
        if (entries.length > 0) yield entries;
      },
      append: (commit) => {
        this.commits.push(commit);
        return new Promise((resolve, reject) => {
          this.#pending.push({ commit, succeed: resolve, fail: reject });
        });
      },
      close: () => {
        this.closes++;
        return Promise.resolve();
      },
    };
  }

  get pending(): number {
    return this.#pending.length;
  }

  succeed(): void {
    this.#next().succeed();
  }

  fail(reason: unknown): void {
    this.#next().fail(reason);
  }

  #next(): Append {
    const append = this.#pending.shift();
    if (append === undefined) throw new Error('No append is pending.');
    return append;
  }
}
