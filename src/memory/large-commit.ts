import type { Write, Writes } from './write.ts';

/**
 * A commit of many writes that is visible already, while its writes move into the tables in turns.
 *
 * It becomes visible in one step, when the engine gets it. From then on, readers without locks look here
 * first. Its transaction keeps the locks until every write has moved. Meanwhile no other transaction changes
 * or locks these keys.
 */
export class LargeCommit {
  /** Its number in the sequence of commits. */
  readonly sequence: number;
  /** When it became visible, on the epoch clock. */
  readonly commitMs: number;
  /** Resolves when every write is in the tables. */
  readonly applied: Promise<void>;
  readonly #writes: Writes;
  #resolve!: () => void;

  constructor(sequence: number, commitMs: number, writes: Writes) {
    this.sequence = sequence;
    this.commitMs = commitMs;
    this.#writes = writes;
    this.applied = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Returns its write of a key, or undefined if it has none. */
  find(key: string): Write | undefined {
    return this.#writes.get(key);
  }

  /** Resolves `applied`. */
  end(): void {
    this.#resolve();
  }
}
