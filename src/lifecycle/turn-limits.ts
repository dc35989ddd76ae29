// The limits of long work in one turn of the event loop. Work at such a limit takes a millisecond or two, on
// a machine where a small transaction takes about one microsecond.

/** The longest turn of work that reads the clock, in milliseconds. */
export const TURN_MS = 3;
/** The number of steps between two reads of the clock. Work with fewer steps never reads it. */
export const STEPS_PER_LOOK = 64;
/**
 * The most writes that a commit moves into the tables in one turn. Also the most entries that such a commit
 * evicts in one turn.
 */
export const MAX_PUBLISHED_AT_ONCE = 4096;
/** The most locks that a transaction releases in one turn. */
export const MAX_RELEASED_AT_ONCE = 4096;
/** The most writes that `rollbackTo` undoes in one turn. */
export const MAX_UNDONE_AT_ONCE = 4096;
/** The most entries that one turn evicts, if the eviction takes several turns. */
export const MAX_EVICTED_PER_TURN = 1024;
