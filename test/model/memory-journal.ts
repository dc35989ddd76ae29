import type { Journal, JournalEntry, JournalStrategy } from 'memstore-tx';

/** A journal that keeps everything in memory, and answers a turn of the microtask queue later. */
export class MemoryJournal implements JournalStrategy {
  readonly name = 'memory';
  readonly entries: Map<string, JournalEntry> = new Map();

  create(): Journal {
    const { entries } = this;
    return {
      async *load() {
        yield [...entries.values()];
      },
      async append({ writes }) {
        await null;
        for (const write of writes) {
          if (write.deleted) entries.delete(write.key);
          else entries.set(write.key, write);
        }
      },
      close: () => Promise.resolve(),
    };
  }
}
