import { ValueWalk } from './value-walk.ts';

/** Shared by all walks, so that a small value allocates nothing. */
const shared = new ValueWalk();
let isInUse = false;

/**
 * Walks through a value and returns the flags `PARTIAL_VIEWS` and `FOREIGN_OBJECTS` that apply, as a sum.
 * @param isOwnCopy true for a result of `structuredClone` that nobody else has
 * @throws {Error} for a value that no store keeps; the message is the end of a sentence about the value
 */
export function inspectValue(value: object, isOwnCopy: boolean): number {
  // An accessor of a value that is not a copy may call this function again for another value.
  if (isInUse) return new ValueWalk().run(value, isOwnCopy);
  isInUse = true;
  try {
    return shared.run(value, isOwnCopy);
  } finally {
    isInUse = false;
  }
}
