import type { Clock, Journal, JournalEntry, JournalStrategy } from 'memstore-tx';
import type { Dice } from './dice.ts';

/** A journal in memory with delays. It answers out of order, and some appends fail. */
export class DelayedJournal implements JournalStrategy {
  readonly name = 'delayed';
  /** The entries that a load would return. */
  readonly entries: Map<string, JournalEntry> = new Map();
  /** The probability that an append fails. */
  failureRate: number;
  readonly #clock: Clock;
  readonly #dice: Dice;

  constructor(clock: Clock, dice: Dice, failureRate: number) {
    this.#clock = clock;
    this.#dice = dice;
    this.failureRate = failureRate;
  }

  create(): Journal {
    return {
      load: () => this.#load(),
      append: async ({ writes }) => {
        const fails = this.#dice.chance(this.failureRate);
        // The entries change in the order of the calls, whenever the answers come.
        if (!fails) {
          for (const write of writes) {
            if (write.deleted) this.entries.delete(write.key);
            else this.entries.set(write.key, write);
          }
        }
        await this.#pause();
        if (fails) throw new Error('the disk is full');
      },
      close: () => Promise.resolve(),
    };
  }

  async *#load(): AsyncGenerator<readonly JournalEntry[]> {
    yield [...this.entries.values()];
  }

  #pause(): Promise<void> {
    const delayMs = this.#dice.between(0, 4);
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, delayMs, true);
    });
  }
}
