import { ValueWalk } from './value-walk.ts';

/** Shared by all walks, so that a walk of a small value allocates nothing. */
const shared = new ValueWalk();
let isInUse = false;

/**
 * Walks through a value. Returns the sum of the flags `PARTIAL_VIEWS` and `FOREIGN_OBJECTS` that apply.
 * @param isOwnCopy true if the value is a result of `structuredClone` that no other code refers to
 * @throws {Error} if a store cannot keep the value; the message completes a sentence about the value
 */
export function inspectValue(value: object, isOwnCopy: boolean): number {
  // If the value is not a copy, a getter in it may call this function again for another value.
  if (isInUse) return new ValueWalk().run(value, isOwnCopy);
  isInUse = true;
  try {
    return shared.run(value, isOwnCopy);
  } finally {
    isInUse = false;
  }
}
