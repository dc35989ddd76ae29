import { checkCount, checkNumber, checkObject, invalidOption } from './check.ts';
import { MemStoreError } from './errors.ts';
import type { PutOptions, RangeOptions, WaitOptions } from './store.ts';

/** @throws {MemStoreError} INVALID_KEY */
export function checkKey(key: unknown): void {
  if (typeof key !== 'string')
    throw new MemStoreError('INVALID_KEY', `A key must be a string; this is ${typeof key}.`);
}

/**
 * A copy of the keys, which the caller can no longer change.
 * @throws {MemStoreError} INVALID_KEY
 */
export function checkKeys(keys: unknown): string[] {
  if (!Array.isArray(keys)) throw new MemStoreError('INVALID_KEY', 'The keys must be an array of strings.');
  keys.forEach(checkKey);
  return [...keys];
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkWaitOptions(options: WaitOptions | undefined): void {
  if (options === undefined) return;
  checkObject('options', options);
  const { lockTimeout, signal } = options;
  if (lockTimeout !== undefined) checkNumber('lockTimeout', lockTimeout, 'not negative');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidOption('signal', 'an AbortSignal', signal);
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkPutOptions(options: PutOptions | undefined): void {
  checkWaitOptions(options);
  if (options?.ttl !== undefined) checkNumber('ttl', options.ttl, 'positive');
}

/**
 * A key to put something under.
 * @throws {MemStoreError} INVALID_KEY
 */
export function checkStorableKey(key: string): void {
  checkKey(key);
  if (!key.isWellFormed())
    throw new MemStoreError('INVALID_KEY', 'A key must be well-formed Unicode; it has a lone surrogate.');
}

/**
 * The options of a scan as they are now: it begins with its first row, and what the caller does to them until then, or
 * later, changes nothing. What are no options is left as it is, to be refused there.
 */
export function keptRangeOptions(options: RangeOptions | undefined): RangeOptions {
  return typeof options === 'object' ? { ...options } : (options ?? {});
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkRangeOptions(options: RangeOptions | undefined): void {
  checkWaitOptions(options);
  if (options === undefined) return;
  for (const bound of ['gt', 'gte', 'lt', 'lte', 'prefix'] as const) {
    const key = options[bound];
    if (key !== undefined && typeof key !== 'string') throw invalidOption(bound, 'a string', key);
  }
  if (options.limit !== undefined) checkCount('limit', options.limit, 'not negative');
  for (const flag of ['reverse', 'forUpdate', 'skipLocked'] as const) checkFlag(flag, options[flag]);
  if (options.skipLocked && !options.forUpdate)
    throw invalidOption('skipLocked', 'used with forUpdate', true);
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidOption(name, 'true or false', value);
}

/**
 * The entries of a `putMany`, one by one.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function* checkPairs(entries: unknown): Generator<[key: string, value: unknown], void> {
  if (!isIterable(entries)) throw invalidOption('entries', 'an iterable of [key, value] pairs', entries);
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw invalidOption('each entry', 'a [key, value] pair', entry);
    yield [entry[0], entry[1]];
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
