import { MemStoreError } from '../contract/errors.ts';

/** The lower bound of a number. */
export type LowerBound = 'positive' | 'not negative';

/** Returns the error for an invalid option. `expected` completes the sentence that begins with "must be". */
export function invalidOption(name: string, expected: string, given: unknown): MemStoreError {
  const shown =
    typeof given === 'function'
      ? 'a function'
      : typeof given === 'string'
        ? JSON.stringify(given)
        : String(given);
  return new MemStoreError('INVALID_OPTION', `${name} must be ${expected}, got ${shown}.`);
}

/**
 * Checks a number that may be infinite, such as a limit or a number of milliseconds.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkNumber(name: string, value: unknown, bound: LowerBound): void {
  if (typeof value === 'number' && (bound === 'positive' ? value > 0 : value >= 0)) return;
  throw invalidOption(name, bound === 'positive' ? 'a positive number' : 'a non-negative number', value);
}

/**
 * Checks a count that may be infinite.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkCount(name: string, value: unknown, bound: LowerBound): void {
  checkNumber(name, value, bound);
  if (value === Number.POSITIVE_INFINITY || Number.isInteger(value)) return;
  throw invalidOption(name, 'a whole number or Infinity', value);
}

/**
 * Checks that every own property of the options is known, because a misspelt option would silently have no
 * effect. Properties of the prototype are not checked, so that options may be a class instance.
 * @param path the prefix of the names in the message, for example `limits.`
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkNames(options: object, known: ReadonlySet<string>, path = ''): void {
  // A for-in loop over a plain object allocates nothing, unlike Object.keys.
  for (const name in options)
    if (!known.has(name) && Object.hasOwn(options, name)) throw unknownOption(`${path}${name}`, known);
}

function unknownOption(name: string, known: ReadonlySet<string>): MemStoreError {
  return new MemStoreError(
    'INVALID_OPTION',
    `There is no option ${JSON.stringify(name)}; the known names are ${[...known].join(', ')}.`,
  );
}

/**
 * Checks that a value is a function.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(name, 'a function', value);
}

/**
 * Checks that a value is an object and not an array.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new MemStoreError('INVALID_OPTION', `${name} must be an object, got ${typeName(value)}.`);
}

/**
 * Returns the type of an invalid value for an error message. The message omits the value, because a string
 * may be a connection string with a password.
 */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Checks that a value is an options object and that all its properties are known.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkOptions(options: unknown, known: ReadonlySet<string>): void {
  checkObject('options', options);
  checkNames(options as object, known);
}

/**
 * Checks an option that is true or false.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidOption(name, 'true or false', value);
}
