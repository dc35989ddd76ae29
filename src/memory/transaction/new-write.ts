import { checkIterable, checkStorableKey, keyOfPair } from '../../arguments/check-arguments.ts';
import { invalidAge } from '../../arguments/read-options.ts';
import { checkTtl } from '../../arguments/ttl.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { TransactionOptions } from '../../contract/options.ts';
import type { Engine } from '../engine.ts';
import { operationFailed } from '../strategy-failures.ts';
import type { Write } from '../write.ts';

// Reading a double property of `Number` for each write allocates in code that is not optimized.
const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * Checks the age of a transaction.
 * @throws {MemStoreError} INVALID_OPTION for an age that no transaction has had yet
 */
export function checkAge({ age }: TransactionOptions, lastId: number): void {
  if (age !== undefined && (age < 1 || age > lastId)) throw invalidAge(age);
}

/**
 * Checks and returns the write of a `put`. The caller can no longer change its value.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function newWrite(engine: Engine, key: string, value: unknown, ttlMs: number | undefined): Write {
  const { settings, cache } = engine;
  if (ttlMs !== undefined) checkTtl(ttlMs);
  checkStorableKey(key);
  if (key.length > settings.maxKeyLength) {
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `The key has ${key.length} code units; maxKeyLength is ${settings.maxKeyLength}.`,
    );
  }
  const stored = settings.copier.store(value);
  if (settings.maxValueSize !== NO_LIMIT) {
    const size = settings.estimateSize(stored, '');
    if (size > settings.maxValueSize) {
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `The value takes some ${size} bytes; maxValueSize is ${settings.maxValueSize}.`,
      );
    }
  }
  let size: number;
  let fits: boolean;
  try {
    size = cache.sizeOf(key, stored);
    fits = cache.fits(size);
  } catch (cause) {
    throw operationFailed(cause);
  }
  if (!fits) {
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `The entry has size ${size}, which is more than the whole cache may hold.`,
    );
  }
  return { key, value: stored, ttlMs, size };
}

/** Returns the error for a transaction that would write more than `limit` keys. */
export function tooManyWrites(limit: number): MemStoreError {
  return new MemStoreError('LIMIT_EXCEEDED', `A transaction may write ${limit} keys (maxTransactionWrites).`);
}

/**
 * Returns the writes of a `putMany`.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function newWrites(engine: Engine, entries: unknown, ttlMs: number | undefined): Write[] {
  const { maxTransactionWrites } = engine.settings;
  const writes: Write[] = [];
  let keys: Set<string> | undefined;
  // Not with a generator of pairs, which takes longer than the copies of short values.
  for (const entry of checkIterable(entries)) {
    const key = keyOfPair(entry, writes.length);
    writes.push(newWrite(engine, key, (entry as readonly unknown[])[1], ttlMs));
    if (writes.length <= maxTransactionWrites) continue;
    // Checked here, so that an endless iterable is not read for ever. A key may occur more than once.
    keys ??= new Set(writes.map((write) => write.key));
    if (keys.add(key).size > maxTransactionWrites) throw tooManyWrites(maxTransactionWrites);
  }
  return writes;
}
