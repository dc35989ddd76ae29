import type { Journal, JournalEntry, JournalStrategy } from 'memstore-tx';
import { messagePackCodec } from '../../../src/codecs/message-pack-codec.ts';
import { nodeFormat } from '../../../src/codecs/node-format.ts';

/**
 * A journal that keeps its entries in memory, encoded like a file. It can answer with a delay, and fails when
 * a test requests it.
 */
export class MemoryJournal implements JournalStrategy {
  readonly name = 'memory';
  /** Whether the next commit with a put fails. */
  failsNext = false;
  /** The number of turns of the event loop until an answer. */
  readonly #turns: number;
  readonly #codec = messagePackCodec(nodeFormat);
  readonly #entries = new Map<string, JournalEntry & { readonly value: string | Uint8Array }>();
  #pending = 0;

  constructor(turns: number) {
    this.#turns = turns;
  }

  /** Returns whether every append has been answered. */
  get isIdle(): boolean {
    return this.#pending === 0;
  }

  create(): Journal {
    const entries = this.#entries;
    const codec = this.#codec;
    return {
      async *load() {
        yield [...entries.values()].map(({ value, ...entry }) => ({
          ...entry,
          value: codec.decode(typeof value === 'string' ? Buffer.from(value) : value),
        }));
      },
      append: async ({ writes }) => {
        this.#pending++;
        const encoded = writes.map((write) =>
          write.deleted ? write : { ...write, value: codec.encode(write.value) },
        );
        for (let turn = 0; turn < this.#turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        this.#pending--;
        if (this.failsNext && writes.some(({ deleted }) => !deleted)) {
          this.failsNext = false;
          throw new Error('the disk is full');
        }
        for (const write of encoded) {
          if (write.deleted) entries.delete(write.key);
          else entries.set(write.key, write as JournalEntry & { readonly value: Uint8Array });
        }
      },
      close: () => Promise.resolve(),
    };
  }
}
