/** A piece of a source, and what stands in its place in a store that has the bug. */
export interface Edit {
  readonly file: string;
  /**
   * Has to occur exactly once. White space stands for any other, so that it does not matter where lines
   * break.
   */
  readonly find: string;
  readonly replace: string;
}

/** A bug that a store like this one could have. */
export interface SeededBug {
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** Who has had it, or where it is described. */
  readonly knownFrom: string;
  readonly edits: readonly Edit[];
}

/**
 * The text with the edit made.
 * @throws {Error} when the piece is not there, or is there more than once; the message says how to mend that
 */
export function applied(text: string, { file, find, replace }: Edit, bugName: string): string {
  const pieces = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(pieces.join('\\s+'), 'g');
  const occurrences = text.match(pattern)?.length ?? 0;
  if (occurrences === 1) return text.replace(pattern, () => replace.trim());
  throw new Error(
    `The seeded bug '${bugName}' looks for this in ${file} and finds it ${occurrences} times:\n\n${find}\n\n` +
      `The source has changed. Look up the bug in test/proof/seeded-bugs/, find the place in ${file} that now does what ` +
      `this one did, and give the edit a piece of it that occurs once, with the same fault in its place. Then ` +
      `npm run seeded-bugs -- --only '${bugName}' has to find it again.`,
  );
}
