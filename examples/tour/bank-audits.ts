import { setImmediate as otherWork } from 'node:timers/promises';
import type { MemStore } from 'memstore-tx';

export type Bank = { [account: `account:${number}`]: { balance: number } };

/** How many accounts are added up before something else has its turn. */
const ACCOUNTS_AT_A_TIME = 100;

/** What was committed in one moment, however long the adding takes. It takes no lock and waits for nobody. */
export function snapshotAudit(store: MemStore<Bank>): Promise<number> {
  return store.transaction(
    async (tx) => {
      let sum = 0;
      let accounts = 0;
      for await (const [, { balance }] of tx.entries({ prefix: 'account:' })) {
        sum += balance;
        if (++accounts % ACCOUNTS_AT_A_TIME === 0) await otherWork();
      }
      return sum;
    },
    { readOnly: true },
  );
}

/** For comparison: every single read is right, and yet their sum is of no moment that there ever was. */
export async function carelessAudit(store: MemStore<Bank>, accounts: number): Promise<number> {
  let sum = 0;
  for (let n = 0; n < accounts; n++) {
    sum += (await store.get(`account:${n}`))?.balance ?? 0;
    if ((n + 1) % ACCOUNTS_AT_A_TIME === 0) await otherWork();
  }
  return sum;
}

export interface Audits {
  readonly sums: readonly number[];
  /** How many audits had a commit go by while they read. */
  readonly overtaken: number;
}

/** One audit after the other until the work that they watch has ended. */
export async function auditDuring(
  work: Promise<unknown>,
  store: MemStore<Bank>,
  audit: (store: MemStore<Bank>) => Promise<number>,
): Promise<Audits> {
  let isOver = false;
  const stop = (): void => {
    isOver = true;
  };
  work.then(stop, stop);
  const sums: number[] = [];
  let overtaken = 0;
  while (!isOver) {
    const commitsBefore = store.stats().commits;
    sums.push(await audit(store));
    // The audit itself may count as one.
    if (store.stats().commits > commitsBefore + 1) overtaken++;
  }
  return { sums, overtaken };
}
