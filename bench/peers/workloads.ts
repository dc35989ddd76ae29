import { seededRandom } from 'memstore-tx/testing';
import type { Ability } from './contender.ts';

/** One operation as data, so that all contenders and the model run the same one. */
export type Operation =
  | { readonly kind: 'increment'; readonly key: string }
  | { readonly kind: 'update'; readonly keys: readonly string[]; readonly writes: number }
  | { readonly kind: 'read'; readonly keys: readonly string[] }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: number }
  | { readonly kind: 'scan'; readonly from: string; readonly limit: number };

export interface Workload {
  readonly name: string;
  readonly description: string;
  readonly needs: Ability | 'order' | undefined;
  /** Set for workloads with many workers that await other work inside each transaction. */
  readonly contention: { readonly workers: number; readonly transactions: number } | undefined;
  next(random: () => number): Operation;
}

export const KEYS: readonly string[] = Array.from(
  { length: 100_000 },
  (_, index) => `account:${String(index).padStart(10, '0')}`,
);

const keyAt = (index: number): string => KEYS[index] ?? '';
const uniform = (random: () => number): string => keyAt(Math.floor(random() * KEYS.length));

function distinct(count: number, random: () => number): string[] {
  const keys = new Set<string>();
  while (keys.size < count) keys.add(uniform(random));
  return [...keys];
}

/** The constant of YCSB. The hottest key gets about 8 % of the requests. */
const ZIPF_EXPONENT = 0.99;

/** The probability that a request is for one of the i + 1 hottest keys, for each i. */
const zipfShares: Float64Array = (() => {
  const shares = new Float64Array(KEYS.length);
  let sum = 0;
  for (let rank = 0; rank < shares.length; rank++) {
    sum += 1 / (rank + 1) ** ZIPF_EXPONENT;
    shares[rank] = sum;
  }
  return shares.map((share) => share / sum);
})();

/**
 * Scatters the hottest keys over the key space, as YCSB does. The factor is coprime to the number of keys, so
 * each key keeps its own place.
 */
const SCATTER = 48_271;

function zipf(random: () => number): string {
  const wanted = random();
  let low = 0;
  let high = zipfShares.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((zipfShares[middle] ?? 1) < wanted) low = middle + 1;
    else high = middle;
  }
  return keyAt((low * SCATTER) % KEYS.length);
}

function sequential(
  name: string,
  description: string,
  next: Workload['next'],
  needs: Workload['needs'] = undefined,
): Workload {
  return { name, description, needs, contention: undefined, next };
}

function readOrElse(readShare: number, other: Workload['next']): Workload['next'] {
  return (random) => (random() < readShare ? { kind: 'get', key: zipf(random) } : other(random));
}

const blindPut: Workload['next'] = (random) => ({
  kind: 'put',
  key: zipf(random),
  value: Math.floor(random() * 1_000),
});

const increment: Workload['next'] = (random) => ({ kind: 'increment', key: zipf(random) });

/**
 * A payment as in TPC-C. It updates a warehouse, its district, a customer, the customer's history and the
 * total of the day.
 */
const payment: Workload['next'] = (random) => {
  const warehouse = Math.floor(random() * 10);
  const district = 10 + warehouse * 10 + Math.floor(random() * 10);
  const day = 110 + Math.floor(random() * 10);
  const customer = 1_000 + Math.floor(random() * 30_000);
  const keys = [warehouse, district, day, customer, customer + 40_000].map(keyAt);
  return { kind: 'update', keys, writes: keys.length };
};

function contended(hotKeys: number): Workload {
  const plural = hotKeys === 1 ? 'key' : 'keys';
  return {
    name: `hot-${hotKeys}`,
    description: `64 workers on ${hotKeys} hot ${plural}, each transaction awaits 1 ms of other work`,
    needs: 'asynchronous work',
    contention: { workers: 64, transactions: 64 * Math.min(4, 2 + Math.ceil(hotKeys / 16)) },
    next(random) {
      return { kind: 'update', keys: [keyAt(Math.floor(random() * hotKeys))], writes: 1 };
    },
  };
}

export const workloads: readonly Workload[] = [
  sequential('rmw', 'a transaction that reads one key and writes it', (random) => ({
    kind: 'increment',
    key: uniform(random),
  })),
  sequential('10r2w', 'a transaction of 10 reads and 2 writes', (random) => ({
    kind: 'update',
    keys: distinct(10, random),
    writes: 2,
  })),
  sequential('read-10', 'a read-only transaction of 10 keys', (random) => ({
    kind: 'read',
    keys: distinct(10, random),
  })),
  sequential('get', 'one key by itself', (random) => ({ kind: 'get', key: uniform(random) })),
  sequential('put', 'one key by itself', (random) => ({
    kind: 'put',
    key: uniform(random),
    value: Math.floor(random() * 1_000),
  })),
  sequential(
    'scan-100',
    '100 entries in key order, of 100,000',
    (random) => ({ kind: 'scan', from: uniform(random), limit: 100 }),
    'order',
  ),
  sequential('ycsb-a', 'half reads, half updates, Zipf', readOrElse(0.5, blindPut)),
  sequential('ycsb-b', '95 % reads, 5 % updates, Zipf', readOrElse(0.95, blindPut)),
  sequential('ycsb-c', 'reads only, Zipf', readOrElse(1, blindPut)),
  sequential('ycsb-f', 'half reads, half read-modify-writes, Zipf', readOrElse(0.5, increment)),
  sequential('payment', 'a transaction that reads and writes 5 keys, some of them hot', payment),
  contended(1),
  contended(4),
  contended(64),
];

/** Returns the operations of one round of a workload. They are the same for all contenders. */
export function operationsOf(workload: Workload, round: number, count: number): Operation[] {
  const random = seededRandom(round + 1);
  return Array.from({ length: count }, () => workload.next(random));
}
