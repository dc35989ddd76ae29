import type { SeededBug } from './seeded-bug.ts';

const ESWARAN = 'phantoms: Eswaran, Gray, Lorie and Traiger (1976)';

/** Bugs of granting, of queues and of ranges. */
export const LOCK_BUGS: readonly SeededBug[] = [
  {
    name: 'an upgrade overtakes a holder',
    what: 'A holder of a shared lock gets the exclusive one while others hold the shared one.',
    knownFrom: 'Gray and Reuter, Transaction Processing (1993), on the conversion of locks',
    edits: [
      {
        symbol: 'KeyLock.conflictsWith',
        at: 'expression with isHeldOnlyBy',
        becomes: '$object.isHeldBy($arguments)',
      },
    ],
  },
  {
    name: 'a mode outlives its holder',
    what: 'A lock stays exclusive after its holder has left and a reader has taken it.',
    knownFrom: 'recycled lock objects, as in any pool whose objects are not reset',
    edits: [{ symbol: 'KeyLock.removeHolder', at: 'statement with exclusive', becomes: '' }],
  },
  {
    name: 'a reader passes a waiting writer',
    what: 'A shared lock is granted although an exclusive request waits, so readers can starve a writer.',
    knownFrom: 'Courtois, Heymans and Parnas, Concurrent Control with "Readers" and "Writers" (1971)',
    edits: [
      {
        symbol: 'LockTable.queuedAgainst',
        at: 'body',
        becomes: 'if (!$1.exclusive && $1.lock !== undefined) return false; $0',
      },
    ],
  },
  {
    name: 'a wake-up between check and park',
    what: 'A request that is granted during its deadlock detection waits all the same.',
    knownFrom: 'the lost wake-up: Tanenbaum, Modern Operating Systems, on producer and consumer',
    edits: [{ symbol: 'KeyLockManager.#block', at: 'condition with isGranted', becomes: 'false' }],
  },
  {
    name: 'one reader wakes',
    what: 'Of several readers at the head of a queue only the first is granted its lock.',
    knownFrom: 'notify in place of notifyAll, as in Java monitors',
    edits: [
      { symbol: 'KeyLockManager.#grantQueue', at: 'expression with #grantIfFree', becomes: '($0, false)' },
    ],
  },
  {
    name: 'a withdrawn request is granted',
    what: 'A request that has timed out stays in the queue, and is granted in its turn.',
    knownFrom:
      'cancelled nodes in java.util.concurrent.locks.AbstractQueuedSynchronizer, which must be skipped',
    edits: [{ symbol: 'KeyLockManager.withdraw', at: 'statement with #dequeue', becomes: '' }],
  },
  {
    name: 'a withdrawn request wakes no waiter',
    what: 'Readers behind a writer that times out keep waiting, although nothing blocks them.',
    knownFrom: 'POSIX pthread_cond_wait: a cancelled thread must not consume a signal',
    edits: [{ symbol: 'KeyLockManager.withdraw', at: 'statement with #grantQueue', becomes: '' }],
  },
  {
    name: 'scans are not woken',
    what: 'A scan that waits for a writer is not checked again when the writer ends.',
    knownFrom: 'a second wait queue that one of the release paths forgets',
    edits: [{ symbol: 'KeyLockManager.releaseAll', at: 'statement with #grantRanges', becomes: '' }],
  },
  {
    name: 'a write into a scanned range',
    what: 'Range locks block scans but not writes, so the rows of a scan change under its transaction.',
    knownFrom: ESWARAN,
    edits: [
      {
        symbol: 'LockTable.heldAgainst',
        at: 'expression with #isRangeHeldByOther',
        becomes: '(this.ranges.size > 1 && $0)',
      },
    ],
  },
  {
    name: 'a scan blocks itself',
    what: 'A transaction that writes into a range that it has scanned waits for itself.',
    knownFrom: 'locks that are not re-entrant',
    edits: [{ symbol: 'LockTable.#isRangeHeldByOther', at: 'condition with session', becomes: 'true' }],
  },
  {
    name: 'a range without its first key',
    what: 'The comparison of locks excludes the lower bound of a range.',
    knownFrom: `fence-post errors in next-key locking; ${ESWARAN}`,
    edits: [{ symbol: 'covers', at: 'condition with from', becomes: '$2 > $1.from' }],
  },
  {
    name: 'a gap that no lock covers',
    what: 'Two parts of a scan become one range lock, which ends where the first part ends.',
    knownFrom: ESWARAN,
    edits: [
      {
        symbol: 'RangeLock.extend',
        at: 'body',
        becomes: `
          const { from, to } = this.range;
          if ((to !== undefined && $1.from > to) || ($1.to !== undefined && from > $1.to)) return false;
          const end = to === undefined || $1.to === undefined ? undefined : to;
          this.range = { from: $1.from < from ? $1.from : from, to: end };
          return true;
        `,
      },
    ],
  },
  {
    name: 'a stripe for a waiter that has left',
    what: 'mutexLocks: a mutex that is handed to a waiter that has just given up is never passed on.',
    knownFrom: 'issues of promise-based mutexes about waiters that time out',
    edits: [{ symbol: 'Stripe.release', at: 'condition with givenUp', becomes: 'false' }],
  },
];
