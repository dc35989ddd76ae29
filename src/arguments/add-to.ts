import { MemStoreError } from '../contract/errors.ts';
import { typeName } from './check-options.ts';

/**
 * Returns the sum of a stored value and the step of an `increment`. An absent value counts as 0 or 0n.
 * @throws {MemStoreError} INVALID_VALUE if they are not two numbers or two bigints, or the sum is not finite
 */
export function addTo(key: string, value: unknown, by: unknown): number | bigint {
  if (typeof by === 'bigint' && (value === undefined || typeof value === 'bigint'))
    return value === undefined ? by : value + by;
  if (typeof by === 'number' && (value === undefined || typeof value === 'number')) {
    const sum = value === undefined ? by : value + by;
    if (Number.isFinite(sum)) return sum;
    throw new MemStoreError('INVALID_VALUE', `${shown(key)} plus ${by} must be a finite number, got ${sum}.`);
  }
  if (typeof by !== 'number' && typeof by !== 'bigint')
    throw new MemStoreError('INVALID_VALUE', `increment takes a number or a bigint, got ${typeName(by)}.`);
  const message = `${shown(key)} must be a ${typeof by} to add a ${typeof by} to it, got ${typeName(value)}.`;
  throw new MemStoreError('INVALID_VALUE', message);
}

function shown(key: string): string {
  return `The value under ${JSON.stringify(key)}`;
}
