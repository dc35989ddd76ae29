import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkHistory,
  formatReport,
  type HistoryTransaction,
  type Operation,
  type ReadValue,
} from '../../../src/testing/history/index.ts';
import { isSerializable } from './is-serializable.ts';
import { committed, read, remove, scan, write } from './notation.ts';
import { type Isolation, type SimulationOptions, simulate } from './weak-store.ts';

const isolation: fc.Arbitrary<Isolation> = fc.constantFrom(
  'read-uncommitted',
  'read-committed',
  'snapshot',
  'stale-serial',
  'serializable',
);

const small: fc.Arbitrary<SimulationOptions> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  isolation,
  transactions: fc.integer({ min: 2, max: 7 }),
  operations: fc.integer({ min: 1, max: 5 }),
  keys: fc.integer({ min: 1, max: 3 }),
  clients: fc.integer({ min: 1, max: 4 }),
  kind: fc.constantFrom('list', 'register'),
  deletes: fc.boolean(),
  scans: fc.boolean(),
  unknowns: fc.boolean(),
});

function show(report: Parameters<typeof formatReport>[0], history: unknown): string {
  return `${formatReport(report)}\n${JSON.stringify(history, null, 1)}`;
}

// The oracle tries every serial order, as the definition of the levels says. The checker infers the order
// instead.
describe('checkHistory against the definition', () => {
  const runs = Number(process.env['HISTORY_RUNS'] ?? 1500);

  it('reports nothing in a history that some serial order explains', () => {
    let explained = 0;
    fc.assert(
      fc.property(small, fc.boolean(), (options, strict) => {
        const { transactions } = simulate(options);
        if (!isSerializable(transactions, strict)) return;
        explained++;
        const level = strict ? 'strict-serializable' : 'serializable';
        const report = checkHistory({ transactions }, { level });
        expect(report.anomalies, show(report, transactions)).toEqual([]);
      }),
      { numRuns: runs, seed: 20_261_122 },
    );
    expect(explained).toBeGreaterThan(runs / 10);
  });

  it('finds every history of lists that no serial order explains', () => {
    let unexplained = 0;
    fc.assert(
      fc.property(small, fc.boolean(), (options, strict) => {
        const { transactions } = simulate({ ...options, kind: 'list' });
        if (isSerializable(transactions, strict)) return;
        unexplained++;
        const report = checkHistory(
          { transactions },
          { level: strict ? 'strict-serializable' : 'serializable' },
        );
        expect(report.valid, show(report, transactions)).toBe(false);
      }),
      { numRuns: runs, seed: 20_261_122 },
    );
    expect(unexplained).toBeGreaterThan(runs / 20);
  });

  it('agrees on every history in which two keys are written and deleted, and two other transactions read both', () => {
    const outcomes: readonly Record<string, ReadValue>[] = [{}, { x: 1 }, { y: 1 }, { x: 1, y: 1 }];
    const deleters: readonly HistoryTransaction[][] = [
      [committed('d', [remove('x'), remove('y')])],
      [committed('d', [remove('y')])],
      [committed('d', [remove('x')]), committed('e', [remove('y')])],
    ];
    const reads: readonly ((outcome: Record<string, ReadValue>) => Operation[])[] = [
      ({ x, y }) => [read('x', x), read('y', y)],
      ({ x, y }) => [read('y', y), read('x', x)],
      (outcome) => [scan({}, outcome)],
    ];
    let unexplained = 0;
    for (const deletes of deleters)
      for (const [first, second] of pairs(outcomes.flatMap((outcome) => reads.map((how) => how(outcome)))))
        for (const level of ['serializable', 'strict-serializable'] as const) {
          const transactions = [
            committed('w', [write('x', 1), write('y', 1)]),
            ...deletes,
            committed('r', first),
            committed('s', second),
          ];
          const expected = isSerializable(transactions, false);
          if (!expected) unexplained++;
          const report = checkHistory({ transactions }, { level });
          expect(report.valid, show(report, transactions)).toBe(expected);
        }
    expect(unexplained).toBeGreaterThan(100);
  });
});

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((first) => items.map((second): [T, T] => [first, second]));
}
