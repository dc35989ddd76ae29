import { describe, expect, it } from 'vitest';
import type { DirectTransaction } from '../../src/contract/direct-operations.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { resolveServerOptions } from '../../src/server/server-options.ts';
import type { ServedStore } from '../../src/serving/served-store.ts';
import { SessionTransactions } from '../../src/serving/session-transactions.ts';

const MAX_TRANSACTIONS = 100;

describe('a connection with the maximum number of transactions', () => {
  it('checks them once per turn, for any number of refused begins', async () => {
    const { limits } = resolveServerOptions({ limits: { maxTransactions: MAX_TRANSACTIONS } });
    const transactions = new SessionTransactions({ ...nodePlatform, store: {} as ServedStore, limits });
    let looks = 0;
    let status: DirectTransaction['status'] = 'active';
    for (let id = 1; id <= MAX_TRANSACTIONS; id++) {
      expect(transactions.reserve()).toBe(true);
      const tx = {
        id,
        age: id,
        readOnly: false,
        get status() {
          looks++;
          return id === 1 ? status : 'active';
        },
      };
      transactions.add(tx as unknown as DirectTransaction);
    }
    for (let turn = 1; turn <= 2; turn++) {
      looks = 0;
      for (let attempt = 0; attempt < 1_000; attempt++) expect(transactions.reserve()).toBe(false);
      expect(looks).toBeLessThanOrEqual(2 * MAX_TRANSACTIONS);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // A transaction that has ended makes room in the next turn.
    status = 'committed';
    expect(transactions.reserve()).toBe(true);
    expect(transactions.reserve()).toBe(false);
  });
});
