import { inspectValue } from '../../codecs/values/inspect-value.ts';
import { checkStorable, invalidValue, isObject } from '../../codecs/values/invalid-value.ts';
import { loadedCopy, storedCopy } from '../../codecs/values/stored-copy.ts';

/** Copies a value. The copy shares no mutable part with the given value. */
export type Cloner = <T>(value: T) => T;

/**
 * Converts values between the stored form and the form that callers get, so that neither side can change the
 * other.
 */
export interface ValueCopier {
  /**
   * Converts a value from a caller to the form that the store keeps.
   * @throws {MemStoreError} INVALID_VALUE
   */
  store(value: unknown): unknown;
  /** Converts a stored value to the form that the caller gets. */
  load(value: unknown): unknown;
}

const platformCopier: ValueCopier = { store: storedCopy, load: loadedCopy };

const sharingCopier: ValueCopier = {
  store(value) {
    checkStorable(value);
    return value;
  },
  load: (value) => value,
};

/** @param clone `undefined` for the platform's structured clone, `false` to share values with callers */
export function valueCopier(clone: false | Cloner | undefined): ValueCopier {
  if (clone === undefined) return platformCopier;
  return clone === false ? sharingCopier : customCopier(clone);
}

/** Copies values with a function. That function decides whether class instances are copied. */
function customCopier(clone: Cloner): ValueCopier {
  return {
    store(value) {
      checkStorable(value);
      if (!isObject(value)) return value;
      try {
        const copy: unknown = clone(value);
        checkStorable(copy);
        if (isObject(copy)) inspectValue(copy, false);
        return copy;
      } catch (cause) {
        throw invalidValue(value, cause);
      }
    },
    load: (value) => (isObject(value) ? clone(value) : value),
  };
}
