import { assert, assertEqual } from '../../assert.ts';
import { type BenchTransaction, range, S, X } from './bench-transaction.ts';
import type { LockBench } from './lock-bench.ts';
import type { LockCase } from './lock-case.ts';
import { expectGranted, expectRefused, expectWaiting, type LockRequest } from './lock-request.ts';

const MAY_WAIT = 'wait for locks that are granted synchronously in this test';

/**
 * Makes each transaction lock one key and then request the key of the next transaction. The last request
 * closes the cycle.
 */
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
  assert(
    victim !== undefined && ofVictim !== undefined && freed !== undefined,
    'the ring has a youngest transaction',
  );
  bench.expectVictims(victim);
  await expectRefused(ofVictim, victim.abortReason);
  await expectGranted(freed);
}

const ringCases: readonly LockCase[] = [2, 3, 5].flatMap((size) =>
  Array.from({ length: size }, (_, youngest) => ({
    name: `a cycle of ${size} aborts its youngest transaction, which is number ${youngest + 1} to wait`,
    coarseMay: MAY_WAIT,
    async run(bench: LockBench) {
      // The ages do not follow the ids, so a strategy that compares ids picks the wrong victim.
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
    name: 'the host receives the cycle of a deadlock, in which each step waits for the next',
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
        'the cycle, starting with the oldest transaction',
      );
    },
  },
  {
    name: 'the locks of a victim are released before the call that closed the cycle returns',
    coarseMay: MAY_WAIT,
    async run(bench) {
      const [old, young] = bench.begins();
      old.take('a', X);
      young.take('b', X);
      young.take('c', X);
      const refused = young.ask('a', X);
      const granted = old.ask('b', X);
      assertEqual(bench.manager.exclusiveHolder('b'), old.id, "the holder of the victim's key");
      assert(!bench.manager.isLocked('c'), "the victim's other key is free");
      await expectRefused(refused, young.abortReason);
      await expectGranted(granted);
    },
  },
  {
    name: 'a requester that is the victim gets a promise that is already rejected',
    coarseMay: MAY_WAIT,
    async run(bench) {
      const [old, young] = bench.begins();
      old.take('a', X);
      young.take('b', X);
      const granted = old.ask('b', X);
      const answer = young.session.lock('a', X);
      assert(answer !== undefined, 'a rejected request returns a promise');
      const marker = Symbol('still pending');
      // `Promise.race` settles with the first settled promise, so the marker would win against a pending one.
      const outcome = await Promise.race([answer.catch((reason: unknown) => reason), lateMarker(marker)]);
      assert(outcome === young.abortReason, 'the promise is rejected with the reason that the host passed');
      await expectGranted(granted);
    },
  },
  {
    name: 'if two transactions upgrade the same key, the younger one is the victim',
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
    name: 'if two scanning transactions both write in their range, the younger one is the victim',
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

/**
 * Two readers wait for keys that the requester holds. The requester then writes the key that both have read,
 * which closes two cycles with one request.
 */
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
    name: 'if one request closes two cycles, the youngest transaction of each cycle is a victim',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const { first, second, request } = closeTwoCycles(bench, [2, 3, 1]);
      bench.expectVictims(first, second);
      await expectGranted(request);
    },
  },
  {
    name: 'if one request closes two cycles and its transaction is the youngest, it is the only victim',
    coarseMay: 'let readers exclude each other',
    async run(bench) {
      const { requester, request } = closeTwoCycles(bench, [1, 2, 3]);
      bench.expectVictims(requester);
      await expectRefused(request, requester.abortReason);
    },
  },
  {
    name: 'if one request closes two cycles and its transaction is the youngest of one, it is the only victim',
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
    name: 'a deadlock does not affect a waiter that is not part of the cycle',
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

/**
 * Transactions that lock in a ring, like dining philosophers. With any strategy, all transactions except the
 * victims must finish.
 */
const livenessCases: readonly LockCase[] = [2, 3, 7].map((size) => ({
  name: `${size} transactions that lock in a ring all end`,
  async run(bench: LockBench) {
    const ring = Array.from({ length: size }, () => bench.begin());
    for (const [index, transaction] of ring.entries()) transaction.ask(`key${index}`, X);
    for (const [index, transaction] of ring.entries()) {
      if (transaction.isLive && !transaction.isWaiting) transaction.ask(`key${(index + 1) % size}`, X);
    }
    await bench.drain();
  },
}));

/**
 * Cycles that no reordering of the queues can break: which transaction is the victim, and what the host
 * receives.
 */
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
