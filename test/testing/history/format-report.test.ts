import { describe, expect, it } from 'vitest';
import {
  checkHistory,
  formatReport,
  type HistoryOptions,
  type HistoryTransaction,
} from '../../../src/testing/history/index.ts';
import { append, committed, history, read, remove, scan, write } from './notation.ts';

function linesOf(transactions: readonly HistoryTransaction[], options?: HistoryOptions): string[] {
  return formatReport(checkHistory({ transactions }, options)).split('\n');
}

describe('formatReport', () => {
  it('says that nothing was found', () => {
    expect(linesOf([committed(1, [write('x', 1)])])).toEqual([
      'Consistent with strict-serializable: no anomaly in 1 transaction.',
    ]);
  });

  it('shows every kind of step', () => {
    expect(
      linesOf([
        committed('writer', [append('x', 1), append('y', 'a')]),
        committed('other', [append('x', 2), append('y', 'b')]),
        committed('reader', [read('x', [1, 2]), read('y', ['b', 'a'])]),
      ]),
    ).toContain('  writer before other (ww): writer wrote "x" = 1, which other replaced by 2.');
    expect(
      linesOf([committed(1, [write('x', 1), read('y', 2)]), committed(2, [write('y', 2), read('x', 1)])]),
    ).toContain('  T2 before T1 (wr): T1 read "y" = 2, which T2 wrote.');
    expect(
      linesOf([
        committed(1, [write('a', 1n), write('b', 1n)]),
        committed(2, [read('a', 1n), read('b', 1n), remove('a', 'gone'), write('b', 2n)]),
        committed(3, [read('b', 1n), scan({ gte: 'a', lt: 'b' }, { a: 'gone' })]),
      ]),
    ).toContain('  T2 before T3 (wr): T3 read "a" = "gone", which T2 wrote.');
  });

  it('shows scans with their ranges, real-time edges, and anomalies that only real time shows', () => {
    const lines = linesOf([
      committed(1, [write('a', 1)], [0, 1]),
      committed(2, [read('a', 1), remove('a'), write('b', 2)], [2, 5]),
      committed(3, [scan({ lt: 'b' }, {}), read('b', undefined)], [3, 4]),
      committed(4, [scan({ gte: 'b' }, {})], [7, 8]),
    ]);
    expect(lines).toContain(
      '  T2 before T3 (predicate-wr, by real time): T3 scanned keys from "" to "b" without "a", which T2 had deleted.',
    );
    expect(lines.join('\n')).toContain('NOT consistent with strict-serializable: ');
    const stale = linesOf([
      committed(1, [write('b', 2)], [2, 5]),
      committed(2, [scan({ gte: 'b' }, {})], [7, 8]),
    ]);
    expect(stale).toContain(
      '  T2 before T1 (predicate-rw): T2 scanned keys from "b" without "b", where T1 put 2.',
    );
    expect(stale).toContain('  T1 before T2 (realtime): T1 had ended when T2 began.');
  });

  it('marks anomalies that the level allows', () => {
    const skew = [
      committed(1, [read('x', undefined), write('y', 1)]),
      committed(2, [read('y', undefined), write('x', 2)]),
    ];
    const lines = linesOf(skew, { level: 'snapshot-isolation' });
    expect(lines[0]).toBe('Consistent with snapshot-isolation: 1 anomaly in 2 transactions.');
    expect(lines[2]).toContain('G2-item (which snapshot-isolation allows): ');
  });

  it('shows five of each name and counts the others', () => {
    const garbage = Array.from({ length: 8 }, (_, id) => committed(id, [read('x', id)]));
    const lines = linesOf(garbage);
    expect(lines.filter((line) => line.startsWith('garbage-read:'))).toHaveLength(5);
    expect(lines.at(-1)).toBe('... and 3 more of garbage-read.');
  });

  it('shortens long lists at their start', () => {
    const elements = Array.from({ length: 20 }, (_, element) => element);
    const report = checkHistory(
      history(
        committed(
          1,
          elements.map((element) => append('x', element)),
        ),
        committed(2, [read('x', elements)]),
        committed(3, [read('x', [5])]),
      ),
    );
    expect(formatReport(report)).toContain('[8 more, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]');
  });

  it('replaces the middle of a long cycle by a count', () => {
    const ring = (length: number): HistoryTransaction[] =>
      Array.from({ length }, (_, id) =>
        committed(id, [read(`k${id}`, undefined), write(`k${(id + 1) % length}`, id)]),
      );
    expect(linesOf(ring(31)).filter((line) => line.startsWith('  '))).toHaveLength(31);
    for (const length of [32, 130_000]) {
      const steps = linesOf(ring(length)).filter((line) => line.startsWith('  '));
      expect(steps).toHaveLength(31);
      expect(steps[20]).toBe(`  ... ${length - 30} more steps ...`);
    }
  });
});
