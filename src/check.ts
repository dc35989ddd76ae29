import { MemStoreError } from './errors.ts';

/** The least that a number may be. */
export type LowerBound = 'positive' | 'not negative';

export function invalidOption(name: string, expected: string, given: unknown): MemStoreError {
  const shown =
    typeof given === 'function'
      ? 'a function'
      : typeof given === 'string'
        ? JSON.stringify(given)
        : String(given);
  return new MemStoreError('INVALID_OPTION', `${name} must be ${expected}; it is ${shown}.`);
}

/**
 * A number of milliseconds, or a limit, that may be infinite.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkNumber(name: string, value: unknown, bound: LowerBound): void {
  if (typeof value === 'number' && (bound === 'positive' ? value > 0 : value >= 0)) return;
  throw invalidOption(
    name,
    bound === 'positive' ? 'a positive number' : 'a number that is not negative',
    value,
  );
}

/**
 * A count that may be infinite.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkCount(name: string, value: unknown, bound: LowerBound): void {
  checkNumber(name, value, bound);
  if (value === Number.POSITIVE_INFINITY || Number.isInteger(value)) return;
  throw invalidOption(name, 'a whole number', value);
}

/**
 * Options that nobody knows are refused: a misspelt one would be without effect.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkNames(options: object, known: ReadonlySet<string>): void {
  for (const name of Object.keys(options)) {
    if (!known.has(name))
      throw new MemStoreError('INVALID_OPTION', `There is no option ${JSON.stringify(name)}.`);
  }
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalidOption(name, 'an object', value);
}
