import type { Sources } from '../symbols/source-symbols.ts';
import { applyEdit, type Edit, EditError } from './edit.ts';

/** A bug that a store like this one could have. */
export interface SeededBug {
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** A system that had the bug, or a text that describes it. */
  readonly knownFrom: string;
  readonly edits: readonly Edit[];
}

/**
 * Returns the new texts of the files that the bug changes, by path.
 * @throws {Error} if the code to change is missing or ambiguous; the message says how to fix the seeded bug
 */
export function seed({ name, edits }: SeededBug, sources: Sources): Map<string, string> {
  const changed = new Map<string, string>();
  for (const edit of edits) {
    try {
      changed.set(...applyEdit(new Map([...sources, ...changed]), edit));
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      throw new Error(
        `The seeded bug '${name}' cannot be put into the sources: ${error.message}.\n` +
          'Find the code that does this now, and change `symbol` and `at` of the edit in test/proof/seeded-bugs/. ' +
          `Then check that the tests still find the bug: npm run seeded-bugs -- --only '${name}'`,
      );
    }
  }
  return changed;
}
