import { MemStoreError } from '../../contract/errors.ts';
import { inspectValue } from './inspect-value.ts';

/** Returns whether a value is an object and not null. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Refuses a value whose type cannot be stored, such as a function. Does not check nested values.
 * @throws {MemStoreError} INVALID_VALUE
 */
export function checkStorable(value: unknown): void {
  if (value === undefined)
    throw refusal('undefined means that there is no entry; use del to delete an entry');
  if (typeof value === 'function' || typeof value === 'symbol') throw refusal(`it is a ${typeof value}`);
  if (isObject(value) && isThenable(value))
    throw refusal('it has a method named then, like a promise; perhaps an await is missing');
}

/**
 * Returns whether a value has a `then` method. If a promise resolved with such a value, it would call `then`
 * instead.
 */
function isThenable(value: object): boolean {
  try {
    return 'then' in value && typeof value.then === 'function';
  } catch (cause) {
    throw refusal(`its property "then" cannot be read (${messageOf(cause)})`, cause);
  }
}

/** Returns the error for a value that could not be copied or checked. */
export function invalidValue(value: unknown, cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError && cause.code === 'INVALID_VALUE') return cause;
  return refusal(messageOf(cause instanceof RangeError ? depthError(value, cause) : cause), cause);
}

/**
 * Returns a better error for a value that is nested too deeply. The platform reports only a stack overflow
 * for it.
 */
function depthError(value: unknown, cause: unknown): unknown {
  try {
    if (isObject(value)) inspectValue(value, false);
    return cause;
  } catch (error) {
    return error;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/[.?]$/, '') : 'it cannot be cloned';
}

function refusal(why: string, cause?: unknown): MemStoreError {
  return new MemStoreError(
    'INVALID_VALUE',
    `This value cannot be stored: ${why}.`,
    cause === undefined ? {} : { cause },
  );
}
