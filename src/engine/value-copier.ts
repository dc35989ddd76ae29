import { MemStoreError } from '../errors.ts';
import type { Cloner } from '../mem-store-options.ts';
import { hasSharedMemory, SHARED_MEMORY } from '../shared-memory.ts';

/** Keeps what is stored apart from what callers hold. */
export interface ValueCopier {
  /**
   * The value to store for one that a caller gives.
   * @throws {MemStoreError} INVALID_VALUE
   */
  store(value: unknown): unknown;
  /** The value to give to a caller for one that is stored. */
  load(value: unknown): unknown;
}

/** @param clone `undefined` for the platform's structured clone, which says what can be stored. */
export function valueCopier(clone: false | Cloner | undefined): ValueCopier {
  if (clone === false) return { store: (value) => checkType(value), load: (value) => value };
  const copy: Cloner = clone ?? isolatedClone;
  return {
    store(value) {
      if (isPrimitive(checkType(value))) return value;
      try {
        return checkType(copy(value));
      } catch (cause) {
        throw invalidValue(cause instanceof Error ? cause.message : 'it cannot be cloned', cause);
      }
    },
    load: (value) => (isPrimitive(value) ? value : (clone ?? structuredClone)(value)),
  };
}

function isolatedClone<T>(value: T): T {
  const cloned = structuredClone(value);
  if (hasSharedMemory(cloned)) throw new Error(SHARED_MEMORY);
  return cloned;
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function checkType(value: unknown): unknown {
  if (value === undefined) throw invalidValue('undefined stands for an absent entry; use del to delete one');
  if (typeof value === 'function' || typeof value === 'symbol') throw invalidValue(`it is a ${typeof value}`);
  // A promise would resolve with what such an object resolves with, and not with the object.
  if (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function') {
    throw invalidValue('it has a method named then, like a promise; perhaps an await is missing');
  }
  return value;
}

function invalidValue(why: string, cause?: unknown): MemStoreError {
  return new MemStoreError(
    'INVALID_VALUE',
    `This value cannot be stored: ${why.replace(/[.?]$/, '')}.`,
    cause === undefined ? {} : { cause },
  );
}
