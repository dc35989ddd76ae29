import { MemStoreError } from '../../index.ts';

/**
 * Checks the names of the options of a suite, because a misspelled option would have no effect.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkSuiteOptions(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new MemStoreError('INVALID_OPTION', `options must be an object, got ${JSON.stringify(options)}.`);
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new MemStoreError(
        'INVALID_OPTION',
        `There is no option ${JSON.stringify(name)}; the known names are ${known.join(', ')}.`,
      );
}
