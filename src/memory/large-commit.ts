import type { Write, Writes } from './write.ts';

/**
 * A commit of many writes. It is already visible while its writes are moved into the tables over several
 * turns.
 *
 * It becomes visible in one step, when it is set as `engine.largeCommit`. From then on, readers without locks
 * look here first. Its transaction keeps the locks until every write has moved, so no other transaction can
 * change these keys meanwhile.
 */
export class LargeCommit {
  /** The number of this commit in the sequence of commits. */
  readonly sequence: number;
  /** The time of the commit, on the epoch clock. */
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

  /** Returns the write of a key, or undefined if the commit does not write it. */
  find(key: string): Write | undefined {
    return this.#writes.get(key);
  }

  /** Resolves `applied`. */
  end(): void {
    this.#resolve();
  }
}
