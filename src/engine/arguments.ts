import { compareKeys } from '../b-tree.ts';
import { invalidOption } from '../check.ts';
import { checkFlag, checkPairs, checkStorableKey, checkWaitOptions } from '../check-arguments.ts';
import { MemStoreError } from '../errors.ts';
import type { TransactionOptions } from '../store.ts';
import type { Engine } from './engine.ts';
import type { Write } from './write-set.ts';

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

/**
 * The write that a `put` asks for, checked, with a value that the caller can no longer change.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED
 */
export function newWrite(engine: Engine, key: string, value: unknown, ttlMs: number | undefined): Write {
  const { settings, cache } = engine;
  checkStorableKey(key);
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
  const writes: Write[] = [];
  for (const [key, value] of checkPairs(entries)) writes.push(newWrite(engine, key, value, ttlMs));
  return writes.sort((a, b) => compareKeys(a.key, b.key));
}
