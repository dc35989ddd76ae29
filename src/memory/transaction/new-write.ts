import { checkIterable, checkStorableKey, keyOfPair } from '../../arguments/check-keys.ts';
import { invalidAge } from '../../arguments/read-options.ts';
import { checkTtl } from '../../arguments/ttl.ts';
import type { UpdateTtl } from '../../contract/direct-operations.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { TransactionOptions } from '../../contract/options.ts';
import type { Engine } from '../engine.ts';
import { operationFailed } from '../strategy-failures.ts';
import type { Write } from '../write.ts';

// A constant, because reading `Number.POSITIVE_INFINITY` for each write allocates in code that is not
// optimized.
const NO_LIMIT = Number.POSITIVE_INFINITY;

/**
 * Checks the age of a transaction.
 * @throws {MemStoreError} INVALID_OPTION if no transaction has had this age yet
 */
export function checkAge({ age }: TransactionOptions, lastId: number): void {
  if (age !== undefined && (age < 1 || age > lastId)) throw invalidAge(age);
}

/**
 * Checks the arguments of a `put` and returns its write. The write holds a copy of the value.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function newWrite(engine: Engine, key: string, value: unknown, ttlMs: number | undefined): Write {
  const { settings, cache } = engine;
  if (ttlMs !== undefined) checkTtl(ttlMs);
  checkStorableKey(key);
  if (key.length > settings.maxKeyLength) {
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `The key must have at most ${settings.maxKeyLength} code units (maxKeyLength), got ${key.length}.`,
    );
  }
  const stored = settings.copier.store(value);
  if (settings.maxValueSize !== NO_LIMIT) {
    const size = settings.estimateSize(stored, '');
    if (size > settings.maxValueSize) {
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `The value must take at most ${settings.maxValueSize} bytes (maxValueSize), got about ${size}.`,
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
      `The entry has size ${size}, which exceeds the limit of the whole cache. Raise that limit.`,
    );
  }
  return { key, value: stored, ttlMs, size };
}

/**
 * Checks and returns the write of an update. It keeps the deadline of an entry that exists, unless the update
 * gives a new one.
 * @param previous the earlier write of the transaction
 * @throws {MemStoreError} INVALID_VALUE, LIMIT_EXCEEDED
 */
export function updated(
  engine: Engine,
  key: string,
  value: unknown,
  exists: boolean,
  previous: Write | undefined,
  ttl: UpdateTtl | undefined,
): Write {
  if (!exists || ttl?.isInitial === false) return newWrite(engine, key, value, ttl?.ttlMs);
  if (previous !== undefined) {
    const { expiresAtMs } = previous;
    const write = newWrite(engine, key, value, previous.ttlMs);
    return expiresAtMs === undefined ? write : { ...write, expiresAtMs };
  }
  const expiresAtMs = engine.expiry.size === 0 ? undefined : engine.expiry.get(key);
  if (expiresAtMs !== undefined) return { ...newWrite(engine, key, value, undefined), expiresAtMs };
  // If the entry never expires, the update must not give it the default TTL of the cache.
  return newWrite(engine, key, value, engine.cache.defaultTtlMs === undefined ? undefined : NO_LIMIT);
}

/**
 * Returns the write that sets the time to live of an entry.
 * @param value the value as it is stored
 * @param previous the earlier write of the transaction
 * @throws {MemStoreError} INVALID_OPTION
 */
export function touched(
  engine: Engine,
  key: string,
  value: unknown,
  previous: Write | undefined,
  ttlMs: number,
): Write {
  checkTtl(ttlMs);
  try {
    const size = previous?.size ?? engine.cache.sizeOf(key, value);
    const write = { key, value, ttlMs, size };
    return previous === undefined || previous.isTouch ? { ...write, isTouch: true } : write;
  } catch (cause) {
    throw operationFailed(cause);
  }
}

/** Returns the error of a transaction that would write more than `limit` keys. */
export function tooManyWrites(limit: number): MemStoreError {
  return new MemStoreError(
    'LIMIT_EXCEEDED',
    `A transaction may write at most ${limit} keys (maxTransactionWrites).`,
  );
}

/**
 * Checks the arguments of a `putMany` and returns its writes.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function newWrites(engine: Engine, entries: unknown, ttlMs: number | undefined): Write[] {
  const { maxTransactionWrites } = engine.settings;
  const writes: Write[] = [];
  let keys: Set<string> | undefined;
  // A generator of pairs would take longer than copying short values.
  for (const entry of checkIterable(entries)) {
    const key = keyOfPair(entry, writes.length);
    writes.push(newWrite(engine, key, (entry as readonly unknown[])[1], ttlMs));
    if (writes.length <= maxTransactionWrites) continue;
    // Check inside the loop, so that an endless iterable fails. Keys may occur more than once, so count
    // distinct keys.
    keys ??= new Set(writes.map((write) => write.key));
    if (keys.add(key).size > maxTransactionWrites) throw tooManyWrites(maxTransactionWrites);
  }
  return writes;
}
