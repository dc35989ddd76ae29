import type { SeededBug } from './seeded-bug.ts';

const POSTGRES = "PostgreSQL's src/backend/storage/lmgr/README, which tells hard edges from soft ones";
const WAIT_GRAPH = 'src/locks/wait-graph.ts';
const LOCK_TABLE = 'src/locks/key-locks/lock-table.ts';

/** Bugs of the search for deadlocks and of the choice of victims. */
export const DETECTION_BUGS: readonly SeededBug[] = [
  {
    name: 'queue order ignored',
    what: 'The search for deadlocks follows the holders of locks and not the queues.',
    knownFrom: POSTGRES,
    edits: [{ file: WAIT_GRAPH, find: 'yield* graph.waitersAheadOf(owner);', replace: '' }],
  },
  {
    name: 'soft edge taken for hard',
    what: 'A cycle that another order of a queue would break has a victim.',
    knownFrom: POSTGRES,
    edits: [
      {
        file: WAIT_GRAPH,
        find: '(owner) => graph.holdersAwaitedBy(owner);',
        replace: '(owner) => [...graph.holdersAwaitedBy(owner), ...graph.waitersAheadOf(owner)];',
      },
      {
        file: WAIT_GRAPH,
        find: 'for (const holder of graph.holdersAwaitedBy(member)) closure.add(holder);',
        replace:
          'for (const other of [...graph.holdersAwaitedBy(member), ...graph.waitersAheadOf(member)]) closure.add(other);',
      },
    ],
  },
  {
    name: 'own id in the wait set',
    what: 'Whoever upgrades a shared lock that others hold too waits for itself as well, which is a deadlock of one.',
    knownFrom: 'Gray and Reuter, Transaction Processing (1993), on the conversion of locks',
    edits: [
      {
        file: LOCK_TABLE,
        find: 'holder !== session && isOfInterest(holder)',
        replace: 'isOfInterest(holder)',
      },
    ],
  },
  {
    name: 'held ranges ignored in detection',
    what: 'A writer that waits for a scan has no edge to it.',
    knownFrom: 'phantoms, the other half: Eswaran, Gray, Lorie and Traiger (1976), on locks on predicates',
    edits: [
      {
        file: LOCK_TABLE,
        find: 'if (exclusive) for (const held of this.ranges) if (covers(held.range, lock.key)) note(held.session);',
        replace: '',
      },
    ],
  },
  {
    name: 'one victim for each block',
    what: 'A request that closes two cycles at once has one of them broken.',
    knownFrom: 'Bernstein, Hadzilacos and Goodman (1987), 3.4: a victim may leave further cycles',
    edits: [
      {
        file: WAIT_GRAPH,
        find: 'while (findCycle(requester, holders, () => true) !== undefined) {',
        replace: 'if (findCycle(requester, holders, () => true) !== undefined) {',
      },
    ],
  },
  {
    name: 'the oldest dies',
    what: 'The victim is the oldest of the cycle, which has the most to lose and may lose it again and again.',
    knownFrom: 'Rosenkrantz, Stearns and Lewis (1978), on which order of ages lets nobody starve',
    edits: [
      {
        file: WAIT_GRAPH,
        find: 'cycle?.find((owner) => owner.age === age);',
        replace: 'cycle?.reduce((oldest, owner) => (owner.age < oldest.age ? owner : oldest));',
      },
    ],
  },
  {
    name: 'a retry is young again',
    what: 'A victim that tries again gets a new age, so that it can be the youngest of every cycle it meets.',
    knownFrom: 'Rosenkrantz, Stearns and Lewis (1978), whose schemes keep the first timestamp',
    edits: [
      {
        file: 'src/lifecycle/run-transaction.ts',
        find: 'this.beginOptions?.age : tx.age',
        replace: 'undefined : undefined',
      },
    ],
  },
  {
    name: 'a victim keeps its locks',
    what: 'The victim of a deadlock is told, and its locks stay.',
    knownFrom: 'every client-side lock service whose clients have to unlock by themselves',
    edits: [
      {
        file: 'src/memory/transaction/read-write-transaction.ts',
        find: 'finish(this, undefined);',
        replace:
          "if (error.code === 'DEADLOCK') this.engine.removeEnded(this, undefined); else finish(this, undefined);",
      },
    ],
  },
];
