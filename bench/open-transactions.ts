/**
 * Measures the time of a transaction, and of the deadlock search, while very many other transactions are
 * open. Each of those holds a lock.
 *
 *     node --expose-gc --max-old-space-size=12000 --import tsx bench/open-transactions.ts [most open]
 */
import { MemStore, MemStoreError, type Transaction } from 'memstore-tx';
import { usedBytes } from './scale/heap.ts';
import { median } from './scale/quantile.ts';
import { print, printStalls, StallWatch } from './scale/stall-watch.ts';

type Tx = Transaction<Record<string, number>>;

const most = Number(process.argv[2] ?? 100_000);
const TRANSACTIONS = 20_000;
const ROUNDS = 11;
const WARM_UP_ROUNDS = 3;
const PAIRS = 200;

const store = new MemStore<Record<string, number>>({
  lockTimeout: Number.POSITIVE_INFINITY,
  idleTimeout: Number.POSITIVE_INFINITY,
});
for (let number = 0; number < most; number++) await store.put(`free:${number}`, 0);

/** Returns the nanoseconds per transaction of begin, get, put and commit on an uncontended key. */
async function costOfOne(): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const startMs = performance.now();
    for (let number = 0; number < TRANSACTIONS; number++) {
      const key = `free:${(number * 7_919) % most}`;
      const tx = await store.begin();
      await tx.put(key, ((await tx.get(key)) ?? 0) + 1);
      await tx.commit();
    }
    if (round >= WARM_UP_ROUNDS) rounds.push(((performance.now() - startMs) * 1e6) / TRANSACTIONS);
  }
  return median(rounds);
}

/** Returns the microseconds from the request that closes a cycle of two to the rejection of the victim. */
async function costOfDeadlock(): Promise<number> {
  const times: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const [older, younger] = [await store.begin(), await store.begin()];
    await older.put('left', 1);
    await younger.put('right', 1);
    const waiting = older.put('right', 2);
    const startMs = performance.now();
    const error = await younger.put('left', 2).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    times.push((performance.now() - startMs) * 1_000);
    if (!(error instanceof MemStoreError && error.code === 'DEADLOCK')) throw new Error('no victim');
    await waiting;
    await older.commit();
  }
  return median(times);
}

const watch = new StallWatch();
const open: Tx[] = [];
for (const count of [0, 1_000, 10_000, 100_000, 1_000_000].filter((each) => each <= most)) {
  const beforeBytes = usedBytes();
  const added = count - open.length;
  watch.start();
  const startMs = performance.now();
  for (let number = open.length; number < count; number++) {
    const operationStartMs = performance.now();
    const tx = await store.begin();
    await tx.put(`held:${number}`, number);
    watch.note(operationStartMs, performance.now());
    open.push(tx);
    if (number % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const openNs = ((performance.now() - startMs) * 1e6) / added;
  const report = await watch.stop();
  print(`${count.toLocaleString('en')} open`, `${(await costOfOne()).toFixed(0)} ns per transaction`);
  print('  a deadlock of two', `${(await costOfDeadlock()).toFixed(1)} us until the victim is rejected`);
  if (added === 0) continue;
  const bytes = (usedBytes() - beforeBytes) / added;
  print('  to open each and put', `${openNs.toFixed(0)} ns, ${bytes.toFixed(0)} bytes`);
  printStalls(report);
}

watch.start();
const startMs = performance.now();
for (const tx of open) {
  const operationStartMs = performance.now();
  await tx.commit();
  watch.note(operationStartMs, performance.now());
}
print('to commit each', `${(((performance.now() - startMs) * 1e6) / open.length).toFixed(0)} ns`);
printStalls(await watch.stop());
watch.close();
await store.close();
