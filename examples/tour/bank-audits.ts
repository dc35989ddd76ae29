import { setImmediate as otherWork } from 'node:timers/promises';
import type { MemStore } from 'memstore-tx';

export type Bank = { [account: `account:${number}`]: { balance: number } };

/** The number of accounts that an audit reads before it yields to other work. */
const ACCOUNTS_AT_A_TIME = 100;

/** Adds up the state of one moment, however long that takes. It takes no lock and never waits. */
export async function snapshotAudit(store: MemStore<Bank>): Promise<number> {
  let [sum, accounts] = [0, 0];
  // #region audit on a snapshot
  const tx = await store.begin({ readOnly: true });
  for await (const [, { balance }] of tx.entries({ prefix: 'account:' })) {
    sum += balance;
    if (++accounts % ACCOUNTS_AT_A_TIME === 0) await otherWork();
  }
  // #endregion
  await tx.commit();
  return sum;
}

/** Adds up single reads. Each read is right, but the sum mixes the states of many moments. */
export async function carelessAudit(store: MemStore<Bank>, accounts: number): Promise<number> {
  let sum = 0;
  // #region audit by single reads
  for (let n = 0; n < accounts; n++) {
    sum += (await store.get(`account:${n}`))?.balance ?? 0;
    if ((n + 1) % ACCOUNTS_AT_A_TIME === 0) await otherWork();
  }
  // #endregion
  return sum;
}

export interface Audits {
  readonly sums: readonly number[];
  /** The number of audits during which a transfer was committed. */
  readonly overtaken: number;
}

/** Runs one audit after the other until the work has ended. */
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
    // The audit itself may count as one commit.
    if (store.stats().commits > commitsBefore + 1) overtaken++;
  }
  return { sums, overtaken };
}
