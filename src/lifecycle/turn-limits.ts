// The limits of long work in one turn of the event loop. Each stands for a millisecond or two, on a machine
// on which a small transaction takes about one microsecond.

/** The longest turn of work that reads the clock, in milliseconds. */
export const TURN_MS = 3;
/** Steps between two reads of the clock. Shorter work never reads it. */
export const STEPS_PER_LOOK = 64;
/**
 * A commit of more writes moves them into the tables in turns. A smaller one evicts up to as many entries.
 */
export const MAX_PUBLISHED_AT_ONCE = 4096;
/** A transaction that holds more locks releases them in turns. */
export const MAX_RELEASED_AT_ONCE = 4096;
/** `rollbackTo` undoes more writes in turns. */
export const MAX_UNDONE_AT_ONCE = 4096;
/** Eviction that takes several turns evicts as many entries in each. */
export const MAX_EVICTED_PER_TURN = 1024;
