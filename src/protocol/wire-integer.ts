import { MemStoreError } from '../contract/errors.ts';

/**
 * Returns the nearest integer that every client reads exactly. A number that does not fit must not break the
 * connection, whatever store the server serves.
 * @throws {MemStoreError} INVALID_VALUE for a value that is not a number
 */
export function wireInteger(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new MemStoreError('INVALID_VALUE', `The reply must be an integer; it is ${String(value)}.`);
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Math.trunc(value), Number.MAX_SAFE_INTEGER));
}
