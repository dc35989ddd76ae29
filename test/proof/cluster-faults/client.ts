/**
 * Runs one application instance of the fault test. It runs random transactions and prints a line of JSON for
 * each one that has ended.
 */
import { createInterface } from 'node:readline';
import { MemStoreError, type Transaction } from 'memstore-tx';
import { EtcdStore } from 'memstore-tx/etcd';
import { type HistoryTransaction, type Operation, seededRandom } from 'memstore-tx/testing';
import { nowMicroseconds } from './clients.ts';

type Lists = Record<string, readonly string[]>;

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];

const [hosts = '', prefix = '', name = '', seed = '1'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const store = await EtcdStore.open<Lists>({ hosts: hosts.split(','), prefix, attemptTimeout: 1_000 });

const pick = (): string => KEYS[Math.floor(random() * KEYS.length)] ?? '';

let appended = 0;

async function operate(tx: Transaction<Lists>, operations: Operation[]): Promise<void> {
  const key = pick();
  const choice = random();
  if (choice < 0.15) {
    const entries: [string, readonly string[]][] = [];
    for await (const entry of tx.entries({ gte: key })) entries.push(entry);
    operations.push({ type: 'scan', range: { from: key, to: undefined }, entries });
    return;
  }
  const list = (await (choice < 0.4 && !tx.readOnly ? tx.getForUpdate(key) : tx.get(key))) ?? [];
  operations.push({ type: 'read', key, value: list.length === 0 ? undefined : list });
  if (tx.readOnly || random() < 0.3) return;
  const value = `${name}${++appended}`;
  await tx.put(key, [...list, value]);
  operations.push({ type: 'append', key, value });
}

async function transact(number: number): Promise<void> {
  const beginAt = nowMicroseconds();
  const operations: Operation[] = [];
  let status: HistoryTransaction['status'] = 'aborted';
  let failure: string | undefined;
  try {
    const begun = await store.begin({ readOnly: random() < 0.1, lockTimeout: 2_000 });
    const tx = begun as Transaction<Lists>;
    try {
      for (let count = 1 + Math.floor(random() * 3); count > 0; count--) await operate(tx, operations);
      await tx.commit();
      status = 'committed';
    } finally {
      await tx.rollback();
    }
  } catch (error) {
    if (!(error instanceof MemStoreError)) throw error;
    failure = error.code;
    if (error.code === 'COMMIT_UNKNOWN') status = 'unknown';
  }
  const transaction: HistoryTransaction = {
    id: `${name}/${number}`,
    status,
    beginAt,
    endAt: nowMicroseconds(),
    operations,
  };
  console.log(JSON.stringify({ transaction, failure }));
}

// The test sends a line when the client must stop.
let isEnough = false;
createInterface(process.stdin).once('line', () => {
  isEnough = true;
  process.stdin.destroy();
});
for (let number = 1; !isEnough; number++) await transact(number);
await store.close();
