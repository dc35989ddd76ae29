import { MemStoreError } from '../contract/errors.ts';

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
 * Checks that every own name of the options is known: a misspelt option would have no effect.
 * Names on the prototype are free, so that an instance of a class may be passed as options.
 * @param path the prefix of the names in the message, such as `limits.`
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkNames(options: object, known: ReadonlySet<string>, path = ''): void {
  // Enumerating allocates nothing for a plain object, unlike Object.keys.
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
 * Checks that a value is an object and not an array.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkObject(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  // A string passed as options may be a connection string with a password, so the message omits it.
  const given = value === null ? 'null' : Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
  throw new MemStoreError('INVALID_OPTION', `${name} must be an object; it is ${given}.`);
}

/**
 * Checks that a value is an options object and that every name in it is known.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkOptions(options: unknown, known: ReadonlySet<string>): void {
  checkObject('options', options);
  checkNames(options as object, known);
}
