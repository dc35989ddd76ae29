import type { SeededBug } from './seeded-bug.ts';

const ENGINE = 'src/memory/engine.ts';
const TRANSACTION = 'src/memory/transaction/read-write-transaction.ts';
const STEPS = 'src/memory/transaction/transaction-steps.ts';
const CRITIQUE = 'Berenson et al., A Critique of ANSI SQL Isolation Levels (1995)';

/** Bugs of reads, writes, commits and savepoints. */
export const TRANSACTION_BUGS: readonly SeededBug[] = [
  {
    name: 'reads without locks',
    what: 'A read takes no lock, so that what was read may change before the commit (READ COMMITTED).',
    knownFrom: `${CRITIQUE}: lost update, read skew and write skew`,
    edits: [
      {
        file: 'src/memory/transaction/acquire.ts',
        find: 'const { engine, session } = tx; if (tx.noWait) { if (!session.tryLock(key, mode))',
        replace:
          "const { engine, session } = tx; if (mode === 'shared') return undefined; if (tx.noWait) { if (!session.tryLock(key, mode))",
      },
    ],
  },
  {
    name: 'an absent key is not locked',
    what: 'A delete that finds nothing takes no lock, so that the key may come before the commit.',
    knownFrom: 'stores that lock rows and not keys; phantoms of one row',
    edits: [
      {
        file: STEPS,
        find: "checkKey(key); const waiting = acquireKey(tx, key, 'exclusive');",
        replace:
          "checkKey(key); if (visibleValue(tx, key) === undefined) return false; const waiting = acquireKey(tx, key, 'exclusive');",
      },
    ],
  },
  {
    name: 'for update in name only',
    what: 'A read for update takes the shared lock, so that two of them deadlock when they go on to write.',
    knownFrom: 'conversion deadlocks, which update locks are for (SQL Server, UPDLOCK)',
    edits: [
      {
        file: TRANSACTION,
        find: "readStep, key, 'exclusive', wait)",
        replace: "readStep, key, 'shared', wait)",
      },
    ],
  },
  {
    name: 'locks released before the commit is safe',
    what: 'Locks go back when the commit is handed to the journal, before it is published and before the journal can fail.',
    knownFrom:
      'early lock release without commit dependencies; strictness: Bernstein, Hadzilacos and Goodman (1987), 2.4',
    edits: [
      {
        file: 'src/memory/transaction/commit-now.ts',
        find: 'const commitMs = engine.settings.clock.epochMs();',
        replace: 'const commitMs = engine.settings.clock.epochMs(); tx.session.releaseAll();',
      },
    ],
  },
  {
    name: 'a commit in slices',
    what: 'A commit publishes one write at once and the others a turn later, to be kind to the event loop.',
    knownFrom: 'fractured reads: Bailis et al., Scalable Atomic Visibility with RAMP Transactions (2014)',
    edits: [
      {
        file: ENGINE,
        find: 'for (const write of writes) { this.#install(write, commitMs, this.sequence); installed++; }',
        replace:
          'for (const [place, write] of [...writes].entries()) { if (place === 0) this.#install(write, commitMs, this.sequence); else queueMicrotask(() => this.#install(write, commitMs, this.sequence)); }',
      },
    ],
  },
  {
    name: 'a savepoint forgets deletes',
    what: 'Going back to a savepoint undoes puts and leaves deletes.',
    knownFrom: 'undo logs that lack one kind of record: Mohan et al., ARIES (1992)',
    edits: [
      {
        file: 'src/memory/transaction/write-set.ts',
        find: 'this.#undoLog?.push({',
        replace: 'if (write.value !== undefined) this.#undoLog?.push({',
      },
    ],
  },
  {
    name: 'undone in the wrong order',
    what: 'Going back to a savepoint undoes the oldest write first, which brings back a write from in between.',
    knownFrom: 'Gray and Reuter, Transaction Processing (1993): undo runs backwards',
    edits: [
      { file: 'src/memory/transaction/write-set.ts', find: 'log.pop()', replace: 'log.splice(mark, 1)[0]' },
    ],
  },
  {
    name: 'operations overtake each other',
    what: 'An operation that can be done at once is, although an earlier one of the same transaction waits.',
    knownFrom: 'pipelining clients; program order in Bernstein, Hadzilacos and Goodman (1987), 1.2',
    edits: [
      {
        file: TRANSACTION,
        find: "if (wait !== undefined || this.isWaiting || this.status !== 'active') return this.enqueue(step, a, b, wait);",
        replace: "if (wait !== undefined || this.status !== 'active') return this.enqueue(step, a, b, wait);",
      },
    ],
  },
  {
    name: 'waiting counts as idle',
    what: 'A transaction that waits for a lock for longer than the idle timeout is rolled back.',
    knownFrom:
      'idle_in_transaction_session_timeout of PostgreSQL, which counts idle sessions alone for this reason',
    edits: [
      {
        file: 'src/memory/limits/idle-sweep.ts',
        find: 'if (idleSinceMs === undefined || transaction.isBusy) {',
        replace: 'if (idleSinceMs === undefined) {',
      },
    ],
  },
  {
    name: 'a timer is left behind',
    what: 'The time limit of a wait goes on when the lock has been granted.',
    knownFrom: 'promise timeouts that are raced and never cleared',
    edits: [
      {
        file: 'src/memory/transaction/operation-queue.ts',
        find: 'this.#waits.remove(operation);',
        replace: '',
      },
    ],
  },
];
