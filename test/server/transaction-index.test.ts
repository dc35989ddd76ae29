import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndedTransactions } from '../../src/serving/ended-transactions.ts';
import type { OwnTransaction } from '../../src/serving/own-transaction.ts';
import { TransactionIndex } from '../../src/serving/transaction-index.ts';

const transaction = (id: number): OwnTransaction => ({ tx: { id } }) as OwnTransaction;

describe('the open transactions of a connection', () => {
  it('are found by their ids, whatever these are', () => {
    const change = fc.record({
      id: fc.oneof(
        fc.nat(40),
        fc.nat(4).map((n) => 7 + 32 * n),
      ),
      add: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const index = new TransactionIndex();
        const model = new Map<number, OwnTransaction>();
        for (const { id, add } of changes) {
          const known = model.get(id);
          if (add && known === undefined) {
            const own = transaction(id);
            model.set(id, own);
            index.add(own);
          } else if (!add) {
            expect(index.delete(known ?? transaction(id))).toBe(known !== undefined);
            model.delete(id);
          }
          expect(index.get(id)).toBe(model.get(id));
          expect(index.size).toBe(model.size);
        }
        expect(index.all()).toEqual([...model.values()].sort((a, b) => a.tx.id - b.tx.id));
      }),
    );
  });
});

describe('the ended transactions of a connection', () => {
  it('are remembered, a thousand of them', () => {
    const ended = new EndedTransactions();
    for (let id = 1; id <= 1_001; id++) {
      ended.add(id, id % 2 === 0 ? 'TRANSACTION_CLOSED' : 'TRANSACTION_ABORTED');
    }
    expect([1, 2, 3, 1_000, 1_001, 1_002].map((id) => ended.endOf(id))).toEqual([
      undefined,
      'TRANSACTION_CLOSED',
      'TRANSACTION_ABORTED',
      'TRANSACTION_CLOSED',
      'TRANSACTION_ABORTED',
      undefined,
    ]);
  });

  it('have their ages remembered, the four thousand that were used last', () => {
    const ended = new EndedTransactions();
    for (let id = 1; id <= 4_096; id++) ended.keepAge(id, 10_000 + id);
    expect(ended.ageOf(1)).toBe(10_001);
    ended.keepAge(5_000, 7);
    expect([1, 2, 3, 5_000, 5_001].map((id) => ended.ageOf(id))).toEqual([
      10_001,
      undefined,
      10_003,
      7,
      undefined,
    ]);
  });
});
