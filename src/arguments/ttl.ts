import { MemStoreError } from '../contract/errors.ts';
import { checkNumber } from './check-options.ts';

/**
 * The longest finite `ttl` of an entry: 9,000,000,000,000 milliseconds, about 285 years. This is the longest
 * lease of etcd, so that every backend accepts the same values. It also keeps deadlines within exact
 * integers.
 * @example
 * await store.put('session:1', { user: 'ada' }, { ttl: Math.min(10 ** 15, MAX_TTL_MS) });
 */
export const MAX_TTL_MS = 9_000_000_000_000;

/**
 * Checks a time to live. It must be a positive number of milliseconds up to `MAX_TTL_MS`, or `Infinity`.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function checkTtl(ttl: unknown, name = 'ttl'): void {
  checkNumber(name, ttl, 'positive');
  if (ttl === Number.POSITIVE_INFINITY || (ttl as number) <= MAX_TTL_MS) return;
  throw new MemStoreError(
    'INVALID_OPTION',
    `${name} must be at most ${MAX_TTL_MS} milliseconds, or Infinity to never expire, got ${String(ttl)}.`,
  );
}

/** Returns the time to live, or undefined if it is Infinity. */
export function finiteTtl(ttlMs: number | undefined): number | undefined {
  // Check for undefined first, because reading `Number.POSITIVE_INFINITY` allocates in code that is not
  // optimized.
  if (ttlMs === undefined) return undefined;
  return ttlMs === Number.POSITIVE_INFINITY ? undefined : ttlMs;
}
