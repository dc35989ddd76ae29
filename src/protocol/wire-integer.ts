import { MemStoreError } from '../contract/errors.ts';

/**
 * Returns the nearest safe integer, which every client reads exactly. A custom store may return other
 * numbers, and these must not break the connection.
 * @throws {MemStoreError} INVALID_VALUE for a value that is not a number
 */
export function wireInteger(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new MemStoreError(
      'INVALID_VALUE',
      `The store returned ${String(value)} where an integer is required.`,
    );
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER));
}
