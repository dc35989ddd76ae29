import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnomalyName,
  checkHistory,
  formatReport,
  type HistoryTransaction,
  type IsolationLevel,
  type Operation,
} from '../../../src/testing/history/index.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { type Isolation, type SimulationOptions, simulate } from './weak-store.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const kinds = fc.constantFrom('list' as const, 'register' as const);

function workload(seed: number, isolation: Isolation, kind: 'list' | 'register'): SimulationOptions {
  const shape = { transactions: 300, operations: 6, keys: 8, clients: 6, scans: true, deletes: true };
  return { ...shape, seed, isolation, kind };
}

function found(transactions: readonly HistoryTransaction[], level?: IsolationLevel): Set<AnomalyName> {
  return new Set(checkHistory({ transactions }, { level }).anomalies.map(({ name }) => name));
}

describe('histories of several hundred transactions', () => {
  it.each([
    ['serializable', 'strict-serializable'],
    ['stale-serial', 'read-committed'],
    ['snapshot', 'snapshot-isolation'],
    ['read-committed', 'read-committed'],
  ] as const)('a %s store satisfies %s', (isolation, level) => {
    fc.assert(
      fc.property(seeds, kinds, fc.boolean(), (seed, kind, unknowns) => {
        const { transactions } = simulate({ ...workload(seed, isolation, kind), unknowns });
        const report = checkHistory({ transactions }, { level });
        expect(report.valid, formatReport(report)).toBe(true);
      }),
      { numRuns: 15, seed: 20_261_122 },
    );
  });

  it('a serializable store also satisfies it if the commit order is given', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { transactions, commitOrder } = simulate(workload(seed, 'serializable', 'register'));
        const report = checkHistory({ transactions }, { commitOrder });
        expect(report.anomalies, formatReport(report)).toEqual([]);
      }),
      { numRuns: 15, seed: 20_261_122 },
    );
  });

  it.each([
    ['snapshot', ['G2-item', 'G2']],
    ['read-committed', ['lost-update']],
    ['read-committed', ['G-single', 'fuzzy-read']],
    ['read-uncommitted', ['G1a']],
    ['read-uncommitted', ['G0', 'G1c']],
    ['stale-serial', ['G-single-realtime', 'G2-item-realtime', 'G2-realtime']],
  ] as const)('a %s store violates %s in most histories', (isolation, expected) => {
    for (const kind of ['list', 'register'] as const) {
      const caught = Array.from({ length: 12 }, (_, seed) => {
        const { transactions } = simulate({ ...workload(seed, isolation, kind), deletes: false });
        const names = found(transactions);
        return expected.some((name) => names.has(name));
      });
      expect(caught.filter(Boolean).length).toBeGreaterThanOrEqual(6);
    }
  });

  it('a store that serves old snapshots is still serializable', () => {
    fc.assert(
      fc.property(seeds, kinds, (seed, kind) => {
        const { transactions } = simulate(workload(seed, 'stale-serial', kind));
        expect(found(transactions, 'serializable')).toEqual(new Set());
      }),
      { numRuns: 15, seed: 20_261_122 },
    );
  });
});

describe('a single change in a correct history', () => {
  const serial = (seed: number, kind: 'list' | 'register'): HistoryTransaction[] => [
    ...simulate({ ...workload(seed, 'serializable', kind), deletes: false }).transactions,
  ];

  it('is found if it drops a committed write that others saw', () => {
    expectCaught((transactions, random) => {
      const seen = new Set(
        transactions.filter(isCommitted).flatMap(({ operations }) => operations.flatMap(valuesRead)),
      );
      return changeOne(transactions, random, (operation) =>
        'value' in operation && operation.type !== 'read' && seen.has(operation.value) ? [] : undefined,
      );
    });
  });

  it('is found if it marks a transaction as aborted whose writes others saw', () => {
    expectCaught((transactions, random) => {
      const seen = new Set(
        transactions.flatMap(({ id, status, operations }) =>
          status === 'committed' ? operations.flatMap(valuesRead).map((value) => `${value} by ${id}`) : [],
        ),
      );
      const victims = transactions.filter(
        ({ id, status, operations }) =>
          status === 'committed' &&
          operations.some(
            (operation) =>
              (operation.type === 'write' || operation.type === 'append') &&
              [...seen].some((read) => read.startsWith(`${operation.value} by `) && !read.endsWith(` ${id}`)),
          ),
      );
      const victim = victims[Math.floor(random() * victims.length)];
      return transactions.map((each) => (each === victim ? { ...each, status: 'aborted' as const } : each));
    });
  });

  it('is found if it swaps a read for the previous one', () => {
    expectCaught((transactions, random) => {
      const committed = transactions.filter(isCommitted);
      return changeOne(transactions, random, (operation, owner) => {
        if (operation.type !== 'read' || operation.value === undefined) return undefined;
        const place = committed.indexOf(owner);
        // Long after the first transactions, a written key is never absent again.
        return place > committed.length / 2 ? [{ ...operation, value: undefined }] : undefined;
      });
    });
  });

  function expectCaught(
    change: (transactions: readonly HistoryTransaction[], random: () => number) => HistoryTransaction[],
  ): void {
    fc.assert(
      fc.property(seeds, kinds, (seed, kind) => {
        const transactions = serial(seed, kind);
        expect(found(transactions)).toEqual(new Set());
        expect(found(change(transactions, seededRandom(seed)))).not.toEqual(new Set());
      }),
      { numRuns: 15, seed: 20_261_122 },
    );
  }
});

function isCommitted({ status }: HistoryTransaction): boolean {
  return status === 'committed';
}

/** Returns the results of an operation, with the elements of lists as separate results. */
function valuesRead(operation: Operation): unknown[] {
  if (operation.type === 'read') return [operation.value].flat();
  return operation.type === 'scan' ? operation.entries.flatMap(([, value]) => [value].flat()) : [];
}

/** Changes one operation of a committed transaction, chosen from those that `change` can replace. */
function changeOne(
  transactions: readonly HistoryTransaction[],
  random: () => number,
  change: (operation: Operation, owner: HistoryTransaction) => Operation[] | undefined,
): HistoryTransaction[] {
  const places = transactions.flatMap((owner) =>
    isCommitted(owner)
      ? owner.operations.flatMap((operation) =>
          change(operation, owner) === undefined ? [] : [{ owner, operation }],
        )
      : [],
  );
  const chosen = places[Math.floor(random() * places.length)];
  return transactions.map((owner) => {
    if (owner !== chosen?.owner) return owner;
    const operations = owner.operations.flatMap((operation) =>
      operation === chosen.operation ? (change(operation, owner) ?? []) : [operation],
    );
    return { ...owner, operations };
  });
}
