import type { MemStoreError } from '../../contract/errors.ts';
import { createFile, removeUnfinished } from './create-file.ts';
import { Environment } from './environment.ts';
import { checkFormat } from './format.ts';
import { lmdbError } from './lmdb-error.ts';
import { Owner } from './owner.ts';

/** An open journal, and its directory. No other store can open the directory until `close`. */
export class OpenJournal {
  readonly environment: Environment;
  readonly #owner: Owner;

  private constructor(environment: Environment, owner: Owner) {
    this.environment = environment;
    this.#owner = owner;
  }

  /**
   * Reserves the directory, and opens the journal in it.
   * @throws {MemStoreError} as a rejection: JOURNAL_LOCKED, JOURNAL_FORMAT, JOURNAL_CORRUPT, JOURNAL_FAILED
   */
  static async open(path: string): Promise<OpenJournal> {
    let environment: Environment | undefined;
    let owner: Owner | undefined;
    try {
      const taken = new Owner(path);
      owner = taken;
      await createFile(owner.directory);
      environment = new Environment(owner.directory);
      environment.exclusively(() => taken.take());
      removeUnfinished(owner.directory);
      await checkFormat(environment);
      return new OpenJournal(environment, owner);
    } catch (cause) {
      await environment?.close();
      owner?.release();
      throw openError(path, cause);
    }
  }

  async close(): Promise<void> {
    await this.environment.close();
    this.#owner.release();
  }
}

/** Returns the error for a journal that cannot be opened. It names the path. */
export function openError(path: string, cause: unknown): MemStoreError {
  return lmdbError(`The journal in ${path} could not be opened`, cause);
}
