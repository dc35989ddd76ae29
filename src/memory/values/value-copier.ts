import { inspectValue } from '../../codecs/values/inspect-value.ts';
import { checkStorable, invalidValue, isObject } from '../../codecs/values/invalid-value.ts';
import { loadedCopy, storedCopy } from '../../codecs/values/stored-copy.ts';

/** Copies a value. The copy shares no mutable part with the given value. */
export type Cloner = <T>(value: T) => T;

/** Keeps what is stored apart from what callers hold. */
export interface ValueCopier {
  /**
   * Returns the value to store for one that a caller gives.
   * @throws {MemStoreError} INVALID_VALUE
   */
  store(value: unknown): unknown;
  /** Returns the value to give to a caller for one that is stored. */
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

/** @param clone `undefined` for the platform's structured clone, `false` for sharing values with callers */
export function valueCopier(clone: false | Cloner | undefined): ValueCopier {
  if (clone === undefined) return platformCopier;
  return clone === false ? sharingCopier : customCopier(clone);
}

/** Copies may be instances of classes: the cloner decides. */
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
