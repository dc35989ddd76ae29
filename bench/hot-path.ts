/**
 * Measures one transaction: begin, get, put and commit of one of 10^5 keys. Compares it with four awaits
 * around a bare Map, which is the minimum, and with a Map that has a mutex per key. Prints medians and
 * quartiles of the ratios of neighbouring rounds, because absolute times depend on the machine.
 *
 *     npx tsx bench/hot-path.ts
 */
import { Mutex } from 'async-mutex';
import { MemStore } from 'memstore-tx';
import { seededRandom } from 'memstore-tx/testing';
import { inSomeOrder } from './in-some-order.ts';

const KEYS = 100_000;
const OPERATIONS = 20_000;
const ROUNDS = 41;
const WARM_UP_ROUNDS = 10;

const keys = Array.from({ length: KEYS }, (_, index) => `account:${String(index).padStart(10, '0')}`);

interface Contender {
  readonly name: string;
  increment(key: string): Promise<void>;
  total(): Promise<number>;
}

async function memStore(): Promise<Contender> {
  const store = new MemStore<Record<string, number>>();
  for (const key of keys) await store.put(key, 0);
  return {
    name: 'MemStore',
    async increment(key) {
      const tx = await store.begin();
      const value = (await tx.get(key)) ?? 0;
      await tx.put(key, value + 1);
      await tx.commit();
    },
    async total() {
      let sum = 0;
      for (const value of await store.getMany(keys)) sum += value ?? 0;
      return sum;
    },
  };
}

function sumOf(map: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const value of map.values()) sum += value;
  return sum;
}

function floor(): Contender {
  const map = new Map<string, number>(keys.map((key) => [key, 0]));
  const nothing = async (): Promise<void> => {};
  const get = async (key: string): Promise<number | undefined> => map.get(key);
  const put = async (key: string, value: number): Promise<void> => {
    map.set(key, value);
  };
  return {
    name: 'four awaits on a Map',
    async increment(key) {
      await nothing();
      const value = (await get(key)) ?? 0;
      await put(key, value + 1);
      await nothing();
    },
    total: async () => sumOf(map),
  };
}

function mutexes(): Contender {
  const map = new Map<string, number>(keys.map((key) => [key, 0]));
  const locks = new Map<string, Mutex>();
  const get = async (key: string): Promise<number | undefined> => map.get(key);
  // Use the same asynchronous get and put as `floor`, so that only the mutex makes the difference.
  const put = async (key: string, value: number): Promise<void> => {
    map.set(key, value);
  };
  return {
    name: 'async-mutex per key + Map',
    async increment(key) {
      let mutex = locks.get(key);
      if (mutex === undefined) {
        mutex = new Mutex();
        locks.set(key, mutex);
      }
      const release = await mutex.acquire();
      try {
        const value = (await get(key)) ?? 0;
        await put(key, value + 1);
      } finally {
        release();
        if (!mutex.isLocked()) locks.delete(key);
      }
    },
    total: async () => sumOf(map),
  };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const contenders = [await memStore(), floor(), mutexes()];
const times = contenders.map((): number[] => []);
const orders = seededRandom(ROUNDS);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, contender] of inSomeOrder([...contenders.entries()], orders)) {
    const random = seededRandom(round);
    const start = performance.now();
    for (let count = 0; count < OPERATIONS; count++) {
      await contender.increment(keys[Math.floor(random() * KEYS)] ?? '');
    }
    if (round >= WARM_UP_ROUNDS) times[index]?.push(((performance.now() - start) * 1e6) / OPERATIONS);
  }
}

const [ownTimes = []] = times;
for (const [index, contender] of contenders.entries()) {
  const theirTimes = times[index] ?? [];
  // Neighbouring rounds ran under the same conditions, so their ratio is more exact than that of two medians.
  const ratios = ownTimes
    .map((own, round) => own / (theirTimes[round] ?? Number.NaN))
    .toSorted((x, y) => x - y);
  const [lower, middle, upper] = [0.25, 0.5, 0.75].map((part) =>
    (ratios[Math.floor(ratios.length * part)] ?? Number.NaN).toFixed(2),
  );
  // Equal sums show that all contenders did the same work.
  console.log(
    `${contender.name.padEnd(28)} ${median(theirTimes).toFixed(0).padStart(6)} ns   MemStore takes ${middle} x this (${lower} to ${upper})   checksum ${await contender.total()}`,
  );
}
