import { MemStoreError } from '../contract/errors.ts';
import { invalidOption, typeName } from './check-options.ts';

/** The number of characters of an invalid key that an error message shows. */
const SHOWN_LENGTH = 100;

/**
 * Checks that a key is a string.
 * @throws {MemStoreError} INVALID_KEY
 */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string')
    throw new MemStoreError('INVALID_KEY', `A key must be a string, got ${typeName(key)}.`);
}

/**
 * Copies a list of keys, so that later changes by the caller have no effect. Each element is read once.
 * @throws {MemStoreError} INVALID_KEY if an element is not a string; the message gives its index
 */
export function checkKeys(keys: unknown): string[] {
  if (!Array.isArray(keys))
    throw new MemStoreError('INVALID_KEY', `keys must be an array of strings, got ${typeName(keys)}.`);
  const { length } = keys;
  const copy: string[] = [];
  for (let index = 0; index < length; index++) {
    const key: unknown = keys[index];
    if (typeof key !== 'string')
      throw new MemStoreError('INVALID_KEY', `keys[${index}] must be a string, got ${shown(keys, index)}.`);
    copy.push(key);
  }
  return copy;
}

function shown(list: readonly unknown[], index: number): string {
  return index in list ? typeName(list[index]) : 'a hole in the array';
}

/**
 * Checks the key of a write. A lone surrogate has no UTF-8 form, so a journal or server could not store it.
 * @throws {MemStoreError} INVALID_KEY
 */
export function checkStorableKey(key: string): void {
  checkKey(key);
  if (key.isWellFormed()) return;
  const shownKey = JSON.stringify(key.slice(0, SHOWN_LENGTH));
  throw new MemStoreError('INVALID_KEY', `A key must not contain a lone surrogate, got ${shownKey}.`);
}

/**
 * Yields the entries of a `putMany` one by one. Each key and each value is read once.
 * @throws {MemStoreError} INVALID_OPTION if an element is not a pair, INVALID_KEY if a key is not a string
 */
export function* checkPairs(entries: unknown): Generator<[key: string, value: unknown], void> {
  let index = 0;
  for (const entry of checkIterable(entries)) {
    const key = keyOfPair(entry, index);
    yield [key, (entry as readonly unknown[])[1]];
    index++;
  }
}

/**
 * Checks that entries are iterable.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkIterable(entries: unknown): Iterable<unknown> {
  if (!isIterable(entries)) throw invalidOption('entries', 'an iterable of [key, value] pairs', entries);
  return entries;
}

/**
 * Returns the key of one entry of a `putMany`. The value is `entry[1]`.
 * @throws {MemStoreError} INVALID_OPTION, INVALID_KEY
 */
export function keyOfPair(entry: unknown, index: number): string {
  if (!Array.isArray(entry) || entry.length !== 2) throw notAPair(index, entry);
  const key: unknown = entry[0];
  if (typeof key === 'string') return key;
  throw new MemStoreError(
    'INVALID_KEY',
    `The key of entries[${index}] must be a string, got ${shown(entry, 0)}.`,
  );
}

function notAPair(index: number, entry: unknown): MemStoreError {
  const given = Array.isArray(entry) ? `an array of length ${entry.length}` : typeName(entry);
  return new MemStoreError(
    'INVALID_OPTION',
    `entries[${index}] must be an array of a key and a value, got ${given}.`,
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

/** Returns the error for a savepoint that does not belong to the transaction, or was undone. */
export function unknownSavepoint(): MemStoreError {
  const message =
    'The savepoint must belong to this transaction, and must not have been undone by rollbackTo.';
  return new MemStoreError('INVALID_OPTION', message);
}
