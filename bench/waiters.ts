/**
 * Measures many waiters for one key: the time to block, which includes the search for deadlocks, and the time
 * until all waiters have had the key. Each waiter holds its own key. The time per waiter must not grow with
 * their number.
 *
 *     npx tsx bench/waiters.ts [most]
 */
import { MemStore, type Transaction } from 'memstore-tx';

const most = Number(process.argv[2] ?? 100_000);
const COUNTS = [1000, 10_000, 100_000].filter((count) => count <= most);

type Tx = Transaction<Record<string, number>>;

const wants: Readonly<Record<string, (tx: Tx, number: number) => Promise<unknown>>> = {
  writers: (tx) => tx.put('hot', 1),
  'readers and writers': (tx, number) => (number % 2 === 0 ? tx.get('hot') : tx.put('hot', 1)),
  'one in ten scans': (tx, number) => {
    if (number % 10 === 0) return tx.entries({ gte: 'hor', lt: 'hou' }).next();
    return number % 2 === 0 ? tx.get('hot') : tx.put('hot', 1);
  },
};

const microseconds = (ms: number, count: number): string => `${((ms * 1000) / count).toFixed(1)} us`;

async function measure(
  who: string,
  want: (tx: Tx, number: number) => Promise<unknown>,
  count: number,
): Promise<void> {
  const store = new MemStore<Record<string, number>>({ lockTimeout: Number.POSITIVE_INFINITY });
  const holder = await store.begin();
  await holder.put('hot', 0);
  const transactions: Tx[] = [];
  for (let number = 0; number < count; number++) {
    const tx = await store.begin();
    await tx.put(`own:${number}`, number);
    transactions.push(tx);
  }
  const blockedFromMs = performance.now();
  // Times only the blocking: no lock is granted before the holder commits.
  const waits = transactions.map((tx, number) => want(tx, number).then(() => tx.commit()));
  const freedAtMs = performance.now();
  await holder.commit();
  const releasedAtMs = performance.now();
  await Promise.all(waits);
  const doneAtMs = performance.now();
  console.log(
    `${who.padEnd(20)} ${String(count).padStart(7)} waiters   block ${microseconds(freedAtMs - blockedFromMs, count)}   release ${(releasedAtMs - freedAtMs).toFixed(2)} ms   finish ${microseconds(doneAtMs - freedAtMs, count)} each`,
  );
  await store.close();
}

for (const [who, want] of Object.entries(wants)) for (const count of COUNTS) await measure(who, want, count);
