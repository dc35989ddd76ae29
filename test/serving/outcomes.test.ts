import { describe, expect, it } from 'vitest';
import { Outcomes } from '../../src/serving/outcomes.ts';

describe('the ended transactions of a connection', () => {
  it('are remembered up to the last thousand', () => {
    const outcomes = new Outcomes();
    for (let id = 1; id <= 1_001; id++) {
      outcomes.add(id, id % 2 === 0 ? 'TRANSACTION_CLOSED' : 'TRANSACTION_ABORTED');
    }
    expect([1, 2, 3, 1_000, 1_001, 1_002].map((id) => outcomes.outcomeOf(id))).toEqual([
      undefined,
      'TRANSACTION_CLOSED',
      'TRANSACTION_ABORTED',
      'TRANSACTION_CLOSED',
      'TRANSACTION_ABORTED',
      undefined,
    ]);
  });

  it('have their ages remembered up to the 4,096 that were used last', () => {
    const outcomes = new Outcomes();
    for (let id = 1; id <= 4_096; id++) outcomes.keepAge(id, 10_000 + id);
    expect(outcomes.ageOf(1)).toBe(10_001);
    outcomes.keepAge(5_000, 7);
    expect([1, 2, 3, 5_000, 5_001].map((id) => outcomes.ageOf(id))).toEqual([
      10_001,
      undefined,
      10_003,
      7,
      undefined,
    ]);
  });
});
