import type { SeededBug } from './seeded-bug.ts';

const KEY_LOCK = 'src/locks/key-locks/key-lock.ts';
const LOCK_TABLE = 'src/locks/key-locks/lock-table.ts';
const MANAGER = 'src/locks/key-locks/key-lock-manager.ts';
const KEY_RANGE = 'src/contract/key-range.ts';
const ESWARAN = 'phantoms: Eswaran, Gray, Lorie and Traiger (1976)';

/** Bugs of granting, of queues and of ranges. */
export const LOCK_BUGS: readonly SeededBug[] = [
  {
    name: 'an upgrade overtakes a holder',
    what: 'A holder of a shared lock gets the exclusive one while others hold the shared one.',
    knownFrom: 'Gray and Reuter, Transaction Processing (1993), on the conversion of locks',
    edits: [
      {
        file: KEY_LOCK,
        find: 'return exclusive && !this.isHeldOnlyBy(session);',
        replace: 'return exclusive && !this.isHeldBy(session);',
      },
    ],
  },
  {
    name: 'a mode outlives its holder',
    what: 'A lock that was exclusive stays so when its holder has left and a reader has come.',
    knownFrom: 'recycled lock objects, as in any pool whose objects are not reset',
    edits: [
      {
        file: KEY_LOCK,
        find: 'this.exclusive = false; if (this.holder !== session) {',
        replace: 'if (this.holder !== session) {',
      },
    ],
  },
  {
    name: 'a reader passes a waiting writer',
    what: 'A shared lock is granted although an exclusive request waits, so that readers can starve a writer.',
    knownFrom: 'Courtois, Heymans and Parnas, Concurrent Control with "Readers" and "Writers" (1971)',
    edits: [
      {
        file: LOCK_TABLE,
        find: 'if (!exclusive) return !isFirst && lock.firstExclusiveTicket < ticket;',
        replace: 'if (!exclusive) return false;',
      },
    ],
  },
  {
    name: 'a wake-up between check and park',
    what: 'A request that is granted while its deadlock is looked for goes to sleep all the same.',
    knownFrom:
      'the lost wake-up of sleep and wakeup: Tanenbaum, Modern Operating Systems, on producer and consumer',
    edits: [
      { file: MANAGER, find: 'waiter.isGranted ? undefined : waiter.promise', replace: 'waiter.promise' },
    ],
  },
  {
    name: 'one reader wakes',
    what: 'Of several readers at the head of a queue only the first is let in.',
    knownFrom: 'notify in the place of notifyAll, as in Java monitors',
    edits: [
      {
        file: MANAGER,
        find: 'if (!this.#grantIfFree(waiter)) return;',
        replace: '{ this.#grantIfFree(waiter); return; }',
      },
    ],
  },
  {
    name: 'a grant to one who has given up',
    what: 'A request that has timed out stays in the queue, and gets the lock in its turn.',
    knownFrom:
      'cancelled nodes in java.util.concurrent.locks.AbstractQueuedSynchronizer, which have to be skipped',
    edits: [
      {
        file: MANAGER,
        find: 'withdraw(waiter: Waiter, reason: unknown): void { this.#dequeue(waiter);',
        replace: 'withdraw(waiter: Waiter, reason: unknown): void {',
      },
    ],
  },
  {
    name: 'one who gives up wakes nobody',
    what: 'Readers behind a writer that times out go on waiting, although nobody is in their way.',
    knownFrom: 'POSIX pthread_cond_wait, by which a cancelled thread must not take a signal with it',
    edits: [{ file: MANAGER, find: 'else this.#grantQueue(waiter.lock);', replace: '' }],
  },
  {
    name: 'scans are not woken',
    what: 'A scan that waits for a writer is not looked at when the writer ends.',
    knownFrom: 'a second wait queue that one of the release paths forgets',
    edits: [
      { file: MANAGER, find: 'if (freed !== undefined) this.#grantRanges(freed);', replace: 'void freed;' },
    ],
  },
  {
    name: 'a write into a scanned range',
    what: 'Range locks keep scans out and let writes in, so that what was scanned changes.',
    knownFrom: ESWARAN,
    edits: [
      {
        file: LOCK_TABLE,
        find: '(exclusive && this.#isRangeHeldByOther(session, lock.key))',
        replace: '(exclusive && this.ranges.size > 1 && this.#isRangeHeldByOther(session, lock.key))',
      },
    ],
  },
  {
    name: 'a scan in its own way',
    what: 'A transaction that writes into the range that it has scanned itself waits for itself.',
    knownFrom: 'locks that are not re-entrant',
    edits: [
      {
        file: LOCK_TABLE,
        find: 'if (lock.session !== session && covers(lock.range, key)) return true;',
        replace: 'if (covers(lock.range, key)) return true;',
      },
    ],
  },
  {
    name: 'a range without its first key',
    what: 'The lower bound of a range is taken as excluded where locks are compared.',
    knownFrom: `fence-post errors in next-key locking; ${ESWARAN}`,
    edits: [{ file: KEY_RANGE, find: 'return key >= range.from &&', replace: 'return key > range.from &&' }],
  },
  {
    name: 'a gap is locked by nobody',
    what: 'Two parts of a scan are joined to one range lock only up to the end of the first.',
    knownFrom: ESWARAN,
    edits: [
      {
        file: 'src/locks/key-locks/range-lock.ts',
        find: 'undefined : range.to > to ? range.to : to,',
        replace: 'undefined : to,',
      },
    ],
  },
  {
    name: 'a stripe for one who has left',
    what: 'mutexLocks: a mutex that is handed to a waiter who has just given up is never passed on.',
    knownFrom: 'issue trackers of promise-based mutexes, on waiters that time out',
    edits: [
      {
        file: 'src/locks/mutex-locks/stripe.ts',
        find: '} while (this.#tickets[0]?.givenUp);',
        replace: '} while (false);',
      },
    ],
  },
];
