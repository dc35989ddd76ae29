import type { Journal, JournalCommit, JournalEntry, JournalStrategy } from '../../src/journal/journal.ts';

interface Append {
  readonly commit: JournalCommit;
  readonly succeed: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * A journal whose appends are under way until the test lets them succeed or fail, in the order of the calls.
 */
export class HeldJournal implements JournalStrategy {
  readonly name = 'held';
  /** Every commit that was appended, settled or not. */
  readonly commits: JournalCommit[] = [];
  /** What `load` gives back. */
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
    if (append === undefined) throw new Error('no append is under way');
    return append;
  }
}
