import type { SeededBug } from './seeded-bug.ts';

const POSTGRES = "PostgreSQL's src/backend/storage/lmgr/README, which tells hard edges from soft ones";
const EVERY_EDGE = '[...$0, ...$object.waitersAheadOf($arguments)]';

/** Bugs of deadlock detection and of the choice of victims. */
export const DETECTION_BUGS: readonly SeededBug[] = [
  {
    name: 'queue order ignored',
    what: 'Deadlock detection follows the holders of locks and not the queues.',
    knownFrom: POSTGRES,
    edits: [{ symbol: 'isInCycle', at: 'statement with waitersAheadOf', becomes: '' }],
  },
  {
    name: 'soft edge taken for hard',
    what: 'A cycle that another order of a queue would break costs a victim.',
    knownFrom: POSTGRES,
    edits: [
      { symbol: 'breakHardCycles', at: 'expression with holdersAwaitedBy', becomes: EVERY_EDGE },
      { symbol: 'hardClosure', at: 'expression with holdersAwaitedBy', becomes: EVERY_EDGE },
    ],
  },
  {
    name: 'own id in the wait set',
    what: 'A transaction that upgrades a lock with several holders waits for itself too: a deadlock of one.',
    knownFrom: 'Gray and Reuter, Transaction Processing (1993), on the conversion of locks',
    edits: [{ symbol: 'LockTable.#holdersInTheWayOf', at: 'condition with session', becomes: 'true' }],
  },
  {
    name: 'held ranges ignored in detection',
    what: 'A writer that waits for a scan has no edge to it.',
    knownFrom: 'phantoms, the other half: Eswaran, Gray, Lorie and Traiger (1976), on predicate locks',
    edits: [{ symbol: 'LockTable.#holdersInTheWayOf', at: 'statement with ranges', becomes: '' }],
  },
  {
    name: 'one victim for each block',
    what: 'If a request closes two cycles at once, only one of them is broken.',
    knownFrom: 'Bernstein, Hadzilacos and Goodman (1987), 3.4: a victim may leave further cycles',
    edits: [{ symbol: 'breakHardCycles', at: 'statement with abortVictim', becomes: '$0 return;' }],
  },
  {
    name: 'the oldest is the victim',
    what: 'The victim is the oldest of the cycle. It loses the most work, and may lose it again and again.',
    knownFrom: 'Rosenkrantz, Stearns and Lewis (1978): an order of ages under which no transaction starves',
    edits: [
      {
        symbol: 'breakHardCycles',
        at: 'expression with find',
        becomes: '$object?.reduce((oldest, owner) => (owner.age < oldest.age ? owner : oldest))',
      },
    ],
  },
  {
    name: 'a retry is young again',
    what: 'A victim gets a new age for its next attempt, so it can be the youngest of every cycle it meets.',
    knownFrom: 'Rosenkrantz, Stearns and Lewis (1978), whose schemes keep the first timestamp',
    edits: [
      {
        symbol: 'Run.prepareRetry',
        at: 'expression with #optionsFor',
        becomes: '$object.#optionsFor(undefined)',
      },
    ],
  },
  {
    name: 'a victim keeps its locks',
    what: 'The victim of a deadlock gets the error, and its locks stay.',
    knownFrom: 'client-side lock services whose clients must unlock by themselves',
    edits: [
      {
        symbol: 'ReadWriteTransaction.drop',
        at: 'statement with finish',
        becomes: "if ($1.code === 'DEADLOCK') return this.engine.removeEnded(this, undefined); $0",
      },
    ],
  },
];
