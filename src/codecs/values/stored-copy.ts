import { inspectValue } from './inspect-value.ts';
import { checkStorable, invalidValue, isObject } from './invalid-value.ts';
import { copyView, giveOwnBytes } from './own-bytes.ts';
import { typedArrayType } from './value-kinds.ts';

/**
 * Returns the copy of a value that a store keeps. The copy is a structured clone. Each view in it has its own
 * buffer, with exactly the bytes of the view.
 * @throws {MemStoreError} INVALID_VALUE
 */
export function storedCopy(value: unknown): unknown {
  checkStorable(value);
  if (!isObject(value)) return value;
  try {
    // `structuredClone` would clone the whole buffer of the view.
    if (isOwnable(value)) return copyView(value);
    const copy = structuredClone(value);
    return inspectValue(copy, true) === 0 ? copy : giveOwnBytes(copy);
  } catch (cause) {
    throw invalidValue(value, cause);
  }
}

/** Returns a copy of a value that {@link storedCopy} returned. The copy is for a caller. */
export function loadedCopy(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (isFlat(value)) return { ...value };
  return ArrayBuffer.isView(value) ? copyView(value) : structuredClone(value);
}

/**
 * Returns whether a stored value is a plain object of primitives. Its copy needs no structured clone, which
 * takes ten times as long.
 */
function isFlat(value: object): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  // A stored object has no accessors, and no inherited properties.
  for (const name in value) if (isObject((value as Record<string, unknown>)[name])) return false;
  return true;
}

function isOwnable(value: object): value is ArrayBufferView {
  return (
    ArrayBuffer.isView(value) && typedArrayType(value) !== undefined && value.buffer instanceof ArrayBuffer
  );
}
