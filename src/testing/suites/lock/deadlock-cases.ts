import { assert, assertEqual } from '../../assert.ts';
import { type BenchTransaction, range, S, X } from './bench-transaction.ts';
import type { LockBench } from './lock-bench.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted, expectRefused, expectWaiting, type LockRequest } from './lock-request.ts';

/** A coarse strategy may see a wait where these cases want a lock to be free. */
const MAY_WAIT = 'wait for locks that these transactions take at once';

/** Each transaction locks a key of its own, then asks for that of the next; the last one closes the cycle. */
function closeRing(ring: readonly BenchTransaction[]): readonly LockRequest[] {
  for (const [index, transaction] of ring.entries()) transaction.take(`key${index}`, X);
  return ring.map((transaction, index) => transaction.ask(`key${(index + 1) % ring.length}`, X));
}

async function expectRingResolved(
  bench: LockBench,
  ring: readonly BenchTransaction[],
  requests: readonly LockRequest[],
): Promise<void> {
  const ages = ring.map(({ owner }) => owner.age);
  const index = ages.indexOf(Math.max(...ages));
  const victim = ring[index];
  const ofVictim = requests[index];
  const freed = requests[(index + ring.length - 1) % ring.length];
  assert(victim !== undefined && ofVictim !== undefined && freed !== undefined, 'the ring has a youngest');
  bench.expectVictims(victim);
  await expectRefused(ofVictim, victim.abortReason);
  await expectGranted(freed);
}

const ringCases: readonly LockCase[] = [2, 3, 5].flatMap((size) =>
  Array.from({ length: size }, (_, youngest) => ({
    name: `a cycle of ${size} is broken where its youngest is, number ${youngest + 1} to block`,
    coarseMay: MAY_WAIT,
    async run(bench: LockBench) {
      // The ages run against the ids, so that a strategy that goes by the id is found out.
      const ring = Array.from({ length: size }, (_, index) =>
        bench.begin(index === youngest ? 99 : 50 - index),
      );
      const requests = closeRing(ring);
      await expectRingResolved(bench, ring, requests);
    },
  })),
);

const victimCases: readonly LockCase[] = [
  {
    name: 'the deadlock is reported as the cycle that it was, each step waiting for the next',
    coarseMay: MAY_WAIT,
    run(bench) {
      const [first, second, third] = bench.begins();
      first.take('a', X);
      second.take('b', S);
      third.takeRange(range('c', 'd'));
      first.ask('b', X);
      second.ask('ccc', X);
      third.askRange(range('a', 'aa'));
      bench.expectVictims(third);
      const cycle = bench.victims[0]?.cycle ?? [];
      const start = cycle.findIndex(({ transactionId }) => transactionId === first.id);
      assertEqual(
        [...cycle.slice(start), ...cycle.slice(0, start)],
        [
          { transactionId: first.id, key: 'b', mode: 'exclusive' },
          { transactionId: second.id, key: 'ccc', mode: 'exclusive' },
          { transactionId: third.id, range: range('a', 'aa'), mode: 'shared' },
        ],
        'the cycle, from its oldest on',
      );
    },
  },
  {
    name: 'the locks of a victim are free before the call that closed the cycle returns',
    coarseMay: MAY_WAIT,
    async run(bench) {
      const [old, young] = bench.begins();
      old.take('a', X);
      young.take('b', X);
      young.take('c', X);
      const refused = young.ask('a', X);
      const granted = old.ask('b', X);
      assertEqual(bench.manager.exclusiveHolder('b'), old.id, 'the holder of the key of the victim');
      assert(!bench.manager.isLocked('c'), 'the other key of the victim is free');
      await expectRefused(refused, young.abortReason);
      await expectGranted(granted);
    },
  },
  {
    name: 'a requester who is the victim gets a promise that is rejected already',
    coarseMay: MAY_WAIT,
    async run(bench) {
      const [old, young] = bench.begins();
      old.take('a', X);
      young.take('b', X);
      const granted = old.ask('b', X);
      const answer = young.session.lock('a', X);
      assert(answer !== undefined, 'a refusal is a promise');
      const marker = Symbol('still pending');
      // A race is won by the first that is settled; the marker would win against a pending promise.
      const outcome = await Promise.race([answer.catch((reason: unknown) => reason), lateMarker(marker)]);
      assert(outcome === young.abortReason, 'it was rejected, with the reason of the host');
      await expectGranted(granted);
    },
  },
  {
    name: 'of two transactions that upgrade the same key, the youngest is the victim',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [old, middle, young] = bench.begins();
      for (const reader of [old, middle, young]) reader.take('k', S);
      const upgrades = [old.ask('k', X), middle.ask('k', X)] as const;
      bench.expectVictims(middle);
      await expectRefused(upgrades[1], middle.abortReason);
      await expectRefused(young.ask('k', X), young.abortReason);
      bench.expectVictims(middle, young);
      await expectGranted(upgrades[0]);
    },
  },
  {
    name: 'of two scans that both write in their range, the youngest is the victim',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const [old, young] = bench.begins();
      for (const scanner of [old, young]) scanner.takeRange(range('a', 'z'));
      const refused = young.ask('k', X);
      const granted = old.ask('m', X);
      bench.expectVictims(young);
      await expectRefused(refused, young.abortReason);
      await expectGranted(granted);
    },
  },
];

/** Two readers wait for keys of the requester, who then writes what they read: two cycles at once. */
function closeTwoCycles(bench: LockBench, ages: readonly [first: number, second: number, requester: number]) {
  const [first, second, requester] = [bench.begin(ages[0]), bench.begin(ages[1]), bench.begin(ages[2])];
  first.take('k', S);
  second.take('k', S);
  requester.take('a', X);
  requester.take('b', X);
  first.ask('a', X);
  second.ask('b', X);
  return { first, second, requester, request: requester.ask('k', X) };
}

const twoCycleCases: readonly LockCase[] = [
  {
    name: 'one request that closes two cycles has the youngest of each as victims',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const { first, second, request } = closeTwoCycles(bench, [2, 3, 1]);
      bench.expectVictims(first, second);
      await expectGranted(request);
    },
  },
  {
    name: 'one request that closes two cycles is the only victim when it is the youngest',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const { requester, request } = closeTwoCycles(bench, [1, 2, 3]);
      bench.expectVictims(requester);
      await expectRefused(request, requester.abortReason);
    },
  },
  {
    name: 'one request that closes two cycles is the only victim when it is the youngest of one of them',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      for (const ages of [
        [1, 3, 2],
        [13, 11, 12],
      ] as const) {
        const before = bench.victims.length;
        const { first, second, requester, request } = closeTwoCycles(bench, ages);
        assertEqual(
          bench.victims.slice(before).map(({ id }) => id),
          [requester.id],
          'the victims',
        );
        await expectRefused(request, requester.abortReason);
        first.end();
        second.end();
      }
    },
  },
  {
    name: 'a deadlock beside a queue leaves those in the queue alone',
    coarseMay: MAY_WAIT,
    async run(bench) {
      const [old, bystander, young] = bench.begins();
      old.take('a', X);
      young.take('b', X);
      const queued = bystander.ask('a', S);
      const refused = young.ask('a', X);
      const granted = old.ask('b', X);
      bench.expectVictims(young);
      await expectRefused(refused, young.abortReason);
      await expectGranted(granted);
      await expectWaiting(queued);
    },
  },
];

/** Philosophers at a table: whatever a strategy makes of it, all who are not victims must get through. */
const livenessCases: readonly LockCase[] = [2, 3, 7].map((size) => ({
  name: `${size} transactions that lock in a ring all come to an end`,
  async run(bench: LockBench) {
    const ring = Array.from({ length: size }, () => bench.begin());
    for (const [index, transaction] of ring.entries()) transaction.ask(`key${index}`, X);
    for (const [index, transaction] of ring.entries()) {
      if (transaction.isLive && !transaction.isWaiting) transaction.ask(`key${(index + 1) % size}`, X);
    }
    await bench.drain();
  },
}));

/** Cycles that no order of the queues can break: who is the victim, when, and what is reported. */
export const deadlockCases: readonly LockCase[] = [
  ...ringCases,
  ...victimCases,
  ...twoCycleCases,
  ...livenessCases,
];

async function lateMarker(marker: symbol): Promise<symbol> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return marker;
}
