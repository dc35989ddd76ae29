import type { SeededBug } from './seeded-bug.ts';

const CRITIQUE = 'Berenson et al., A Critique of ANSI SQL Isolation Levels (1995)';
const BERNSTEIN = 'Bernstein, Hadzilacos and Goodman (1987)';

/** Bugs of reads, writes, commits and savepoints. */
export const TRANSACTION_BUGS: readonly SeededBug[] = [
  {
    name: 'reads without locks',
    what: 'A read takes no lock, so the value may change before the commit (READ COMMITTED).',
    knownFrom: `${CRITIQUE}: lost update, read skew and write skew`,
    edits: [{ symbol: 'acquireKey', at: 'body', becomes: "if ($3 === 'shared') return undefined; $0" }],
  },
  {
    name: 'an absent key is not locked',
    what: 'A delete of an absent key takes no lock, so another transaction may put the key before the commit.',
    knownFrom: 'stores that lock rows and not keys; phantoms of one row',
    edits: [
      {
        symbol: 'deleteStep',
        at: 'statement with checkKey',
        becomes: '$0 if (visibleValue($1, $2) === undefined) return false;',
      },
    ],
  },
  {
    name: 'for update in name only',
    what: 'A read for update takes the shared lock, so two of them deadlock when they go on to write.',
    knownFrom: 'conversion deadlocks, which update locks prevent (SQL Server, UPDLOCK)',
    edits: [{ symbol: 'ReadWriteTransaction.getForUpdate', at: 'body', becomes: 'return this.get($1, $2);' }],
  },
  {
    name: 'locks released before the commit is safe',
    what: 'The locks are released when the journal gets the commit. It is not published yet, and may still fail.',
    knownFrom: `early lock release without commit dependencies; strictness: ${BERNSTEIN}, 2.4`,
    edits: [
      { symbol: 'commitOrJournal', at: 'statement with epochMs', becomes: '$0 $1.session.releaseAll();' },
    ],
  },
  {
    name: 'a commit in slices',
    what: 'A commit publishes one write at once and the others a turn later, to spare the event loop.',
    knownFrom: 'fractured reads: Bailis et al., Scalable Atomic Visibility with RAMP Transactions (2014)',
    edits: [
      {
        symbol: 'Engine.publish',
        at: 'statement with #install',
        becomes: 'if ([$arguments][0] === [...$1][0]) $0 else queueMicrotask(() => { $0 });',
      },
    ],
  },
  {
    name: 'a savepoint forgets deletes',
    what: 'A rollback to a savepoint undoes puts but not deletes.',
    knownFrom: 'undo logs that lack one kind of record: Mohan et al., ARIES (1992)',
    edits: [{ symbol: 'WriteSet.set', at: 'statement with push', becomes: 'if ($1.value !== undefined) $0' }],
  },
  {
    name: 'undone in the wrong order',
    what: 'A rollback to a savepoint undoes the oldest write first, which restores a write from in between.',
    knownFrom: 'Gray and Reuter, Transaction Processing (1993): undo runs backwards',
    edits: [{ symbol: 'WriteSet.undoTo', at: 'expression with pop', becomes: '$object.splice($1, 1)[0]' }],
  },
  {
    name: 'operations overtake each other',
    what: 'An operation that need not wait runs before an earlier one of the same transaction that waits.',
    knownFrom: `pipelining clients; program order in ${BERNSTEIN}, 1.2`,
    edits: [{ symbol: 'ReadWriteTransaction.run', at: 'condition with isWaiting', becomes: 'false' }],
  },
  {
    name: 'waiting counts as idle',
    what: 'A transaction that waits for a lock for longer than the idle timeout is rolled back.',
    knownFrom: "PostgreSQL's idle_in_transaction_session_timeout, which counts only idle sessions",
    edits: [{ symbol: 'IdleSweep.#sweep', at: 'condition with isBusy', becomes: 'false' }],
  },
  {
    name: 'a timer is left behind',
    what: 'The timeout of a wait keeps running after the lock has been granted.',
    knownFrom: 'promise timeouts that are raced and never cleared',
    edits: [{ symbol: 'OperationQueue.#unpark', at: 'statement with remove', becomes: '' }],
  },
];
