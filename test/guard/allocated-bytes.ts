/**
 * Prints two numbers: the bytes that a transaction of one get and one put allocates, and the bytes that a
 * snapshot of one get allocates. The bytes for awaiting their promises are deducted. The optimizing compiler
 * is off, because it may omit some of the objects. Without this compiler the numbers are the same in every
 * run.
 *
 *     node --expose-gc --no-opt --no-sparkplug --single-threaded \
 *       --min-semi-space-size=64 --max-semi-space-size=64 \
 *       --import tsx test/guard/allocated-bytes.ts
 */
import { MemStore } from 'memstore-tx';

const TRANSACTIONS = 20_000;
const ROUNDS = 5;
const KEY = 'account:0000000001';

const store = new MemStore<Record<string, number>>();
const done = Promise.resolve();

async function transaction(): Promise<void> {
  const tx = await store.begin();
  const value = (await tx.get(KEY)) ?? 0;
  await tx.put(KEY, value + 1);
  await tx.commit();
}

async function snapshot(): Promise<void> {
  const tx = await store.begin({ readOnly: true });
  await tx.get(KEY);
  await tx.commit();
}

async function fourAwaits(): Promise<void> {
  await done;
  await done;
  await done;
  await done;
}

async function threeAwaits(): Promise<void> {
  await done;
  await done;
  await done;
}

async function bytesOf(work: () => Promise<void>): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < TRANSACTIONS; count++) await work();
    rounds.push((process.memoryUsage().heapUsed - before) / TRANSACTIONS);
  }
  return Math.min(...rounds);
}

const ofTransaction = (await bytesOf(transaction)) - (await bytesOf(fourAwaits));
const ofSnapshot = (await bytesOf(snapshot)) - (await bytesOf(threeAwaits));
console.log(JSON.stringify([ofTransaction, ofSnapshot].map(Math.round)));
await store.close();
