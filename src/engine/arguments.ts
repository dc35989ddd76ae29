import { compareKeys } from '../b-tree.ts';
import { checkCount, checkNumber, checkObject, invalidOption } from '../check.ts';
import { MemStoreError } from '../errors.ts';
import type { PutOptions, RangeOptions, TransactionOptions, WaitOptions } from '../store.ts';
import type { Engine } from './engine.ts';
import type { Write } from './write-set.ts';

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

/** @throws {MemStoreError} INVALID_OPTION */
export function checkTransactionOptions(options: TransactionOptions | undefined, lastId: number): void {
  checkWaitOptions(options);
  if (options === undefined) return;
  checkFlag('readOnly', options.readOnly);
  const { age } = options;
  if (age === undefined) return;
  if (!Number.isInteger(age) || age < 1 || age > lastId)
    throw invalidOption('age', 'that of an earlier transaction', age);
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

function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidOption(name, 'true or false', value);
}

/**
 * The write that a `put` asks for, checked, with a value that the caller can no longer change.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED
 */
export function newWrite(engine: Engine, key: string, value: unknown, ttlMs: number | undefined): Write {
  const { settings, cache } = engine;
  checkKey(key);
  if (!key.isWellFormed())
    throw new MemStoreError('INVALID_KEY', 'A key must be well-formed Unicode; it has a lone surrogate.');
  if (key.length > settings.maxKeyLength) {
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `The key has ${key.length} code units; maxKeyLength is ${settings.maxKeyLength}.`,
    );
  }
  const stored = settings.copier.store(value);
  if (settings.maxValueSize !== Number.POSITIVE_INFINITY) {
    const size = settings.estimateSize(stored);
    if (size > settings.maxValueSize) {
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `The value takes some ${size} bytes; maxValueSize is ${settings.maxValueSize}.`,
      );
    }
  }
  const size = cache.sizeOf(key, stored);
  if (!cache.fits(size)) {
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `The entry has size ${size}, which is more than the whole cache may hold.`,
    );
  }
  return { key, value: stored, ttlMs, size };
}

/**
 * The writes that a `putMany` asks for, in key order; of two values for one key the later one stays last.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function newWrites(engine: Engine, entries: unknown, ttlMs: number | undefined): Write[] {
  if (!isIterable(entries)) throw invalidOption('entries', 'an iterable of [key, value] pairs', entries);
  const writes: Write[] = [];
  for (const entry of entries) {
    if (!Array.isArray(entry)) throw invalidOption('each entry', 'a [key, value] pair', entry);
    writes.push(newWrite(engine, entry[0], entry[1], ttlMs));
  }
  return writes.sort((a, b) => compareKeys(a.key, b.key));
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
