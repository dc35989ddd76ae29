import { MemStoreError } from '../../contract/errors.ts';

const RANDOM_BYTES = 8;

/**
 * Formats and parses the revisions of one run of a store. A revision consists of the random id of the run and
 * the number of the commit in base 36.
 */
export class Revisions {
  /** Generated at the first use, so that a store without feeds does not generate an id. */
  #prefix: string | undefined = undefined;

  /** Returns the revision after the commit `sequence`. */
  write(sequence: number): string {
    this.#prefix ??= `${randomId()}-`;
    return this.#prefix + sequence.toString(36);
  }

  /**
   * Returns the commit number in a revision.
   * @param lastSequence the last commit of the store
   * @throws {MemStoreError} REVISION_UNKNOWN
   */
  read(revision: string, lastSequence: number): number {
    const sequence = Number.parseInt(revision.slice(revision.indexOf('-') + 1), 36);
    // Format the number again, to reject every other spelling of the same number.
    if (sequence <= lastSequence && this.write(sequence) === revision) return sequence;
    throw new MemStoreError(
      'REVISION_UNKNOWN',
      `The revision ${JSON.stringify(revision.slice(0, 100))} is of another store, or of an earlier run.`,
    );
  }
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
