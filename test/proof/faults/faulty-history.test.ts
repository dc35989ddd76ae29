import { checkHistory, formatReport } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { runFaultyHistory } from './run-faulty-history.ts';

const SEEDS = 10;
const NOTHING = { held: [], waiting: [], activeTransactions: 0, activeSnapshots: 0, waitingOperations: 0 };

describe('histories over sockets with cuts, delays and split packets', () => {
  const met = new Map<string, number>();

  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'are strictly serializable (seed %i)',
    async (seed) => {
      const { history, cuts, left, codes } = await runFaultyHistory(seed);
      const report = checkHistory(history);
      expect(report.valid, formatReport(report)).toBe(true);
      expect(left).toEqual(NOTHING);
      expect(cuts).toBeGreaterThan(0);
      for (const [code, count] of codes) met.set(code, (met.get(code) ?? 0) + count);
    },
  );

  it('contain every expected error code', () => {
    expect([...met.keys()].sort()).toEqual(['COMMIT_UNKNOWN', 'CONNECTION_LOST', 'DEADLOCK']);
  });
});
