/** What a step did, as far as its order with its neighbours can matter. */
export interface StepRecord {
  readonly actor: number;
  /** The keys that it touched, as bits; for the end of a transaction those of all its operations. */
  readonly keys: number;
  /** Whether its transaction ended in it. */
  readonly isEnd: boolean;
  /** Whether a snapshot made it. */
  readonly isSnapshot: boolean;
  /** Nobody waited before it, and nobody waits after it. */
  readonly isQuiet: boolean;
}

/**
 * Whether two steps that follow each other could as well follow each other the other way round: then both
 * orders lead to the same state, and everything that can follow one can follow the other.
 *
 * That is so when nobody waits, so that there is no queue whose order could differ, and the two touch different
 * keys: then each is granted at once in either order, and what it changes is its own transaction and the
 * locks of its own keys. (Two reads of one key would do as well, but for the order in the list of holders,
 * which a search for cycles could depend on. Who ended first makes no difference to a serial order when
 * neither touched what the other did.)
 *
 * A snapshot takes no lock, and what it reads changes with commits alone: so its steps and those of the others
 * may change places, whether anybody waits or not, unless one of them is an end.
 */
function areIndependent(one: StepRecord, other: StepRecord): boolean {
  if (one.isSnapshot !== other.isSnapshot) return !(one.isSnapshot ? other : one).isEnd;
  return one.isQuiet && other.isQuiet && one.actor !== other.actor && (one.keys & other.keys) === 0;
}

/**
 * Partial-order reduction. Schedules that differ only in the order of neighbouring independent steps form a
 * class, all of whose members end alike; only the first of each in lexical order is run to its end. Any
 * other has, somewhere, a step that could move ahead of one of a later actor, past independent steps alone,
 * and is given up there. (A class's first member has none, so it is never given up.)
 *
 * @returns whether the last step could be moved so
 */
export function isRedundant(steps: readonly StepRecord[]): boolean {
  const last = steps.at(-1);
  if (last === undefined) return false;
  for (let index = steps.length - 2; index >= 0; index--) {
    const earlier = steps[index];
    if (earlier === undefined || !areIndependent(earlier, last)) return false;
    if (earlier.actor > last.actor) return true;
  }
  return false;
}
