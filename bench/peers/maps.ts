import { Mutex, type MutexInterface } from 'async-mutex';
import type { Contender, Session } from './contender.ts';
import { sumOf } from './sum-of.ts';

type Numbers = Map<string, number>;

function filled(keys: readonly string[]): Numbers {
  return new Map(keys.map((key) => [key, 0]));
}

/** Returns a session over a Map. `guarded` runs work under the locks of the contender. */
function mapSession(
  map: Numbers,
  guarded: <T>(keys: readonly string[], work: () => Promise<T>) => Promise<T>,
): Session {
  const get = async (key: string): Promise<number> => map.get(key) ?? 0;
  const put = async (key: string, value: number): Promise<void> => void map.set(key, value);
  return {
    increment: (key) =>
      guarded([key], async () => {
        const value = await get(key);
        await put(key, value + 1);
        return value;
      }),
    update: (keys, writes, work) =>
      guarded(keys, async () => {
        const values: number[] = [];
        for (const key of keys) values.push(await get(key));
        if (work !== undefined) await work();
        for (let index = 0; index < writes; index++) await put(keys[index] ?? '', (values[index] ?? 0) + 1);
        return sumOf(values);
      }),
    read: (keys) =>
      guarded(keys, async () => {
        let sum = 0;
        for (const key of keys) sum += await get(key);
        return sum;
      }),
    get,
    put: (key, value) => guarded([key], () => put(key, value)),
    scan: undefined,
    total: async () => sumOf(map.values()),
    close: async () => {},
  };
}

const nothing = async (): Promise<void> => {};

/** Repeats the code of `mapSession`, because calling a wrapper would add an await. */
function floorSession(map: Numbers): Session {
  const get = async (key: string): Promise<number> => map.get(key) ?? 0;
  const put = async (key: string, value: number): Promise<void> => void map.set(key, value);
  return {
    async increment(key) {
      await nothing();
      const value = await get(key);
      await put(key, value + 1);
      await nothing();
      return value;
    },
    async update(keys, writes) {
      await nothing();
      const values: number[] = [];
      for (const key of keys) values.push(await get(key));
      for (let index = 0; index < writes; index++) await put(keys[index] ?? '', (values[index] ?? 0) + 1);
      await nothing();
      return sumOf(values);
    },
    async read(keys) {
      await nothing();
      let sum = 0;
      for (const key of keys) sum += await get(key);
      await nothing();
      return sum;
    },
    get,
    put,
    scan: undefined,
    total: async () => sumOf(map.values()),
    close: async () => {},
  };
}

const floor: Contender = {
  name: 'floor: the same awaits on a bare Map',
  promises: 'nothing',
  abilities: [],
  inFlight: 1,
  operations: 10_000,
  open: async (keys) => floorSession(filled(keys)),
};

const globalMutex: Contender = {
  name: 'one async-mutex + Map',
  promises: 'serializable, no rollback; one at a time',
  abilities: ['asynchronous work'],
  inFlight: 1,
  operations: 10_000,
  async open(keys) {
    const mutex = new Mutex();
    return mapSession(filled(keys), (_keys, work) => mutex.runExclusive(work));
  },
};

const mutexPerKey: Contender = {
  name: 'async-mutex per key + Map',
  promises: 'serializable when all keys are known beforehand; no rollback, no reader sharing',
  abilities: ['asynchronous work'],
  inFlight: 1,
  operations: 10_000,
  async open(keys) {
    const locks = new KeyMutexes();
    return mapSession(filled(keys), (wanted, work) => locks.runExclusive(wanted, work));
  },
};

/** Mutexes for the keys in use. They are locked in key order, so that there are no deadlocks. */
class KeyMutexes {
  readonly #mutexes = new Map<string, Mutex>();

  runExclusive<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [key] = keys;
    if (keys.length === 1 && key !== undefined) return this.#withOne(key, work);
    return this.#withAll([...new Set(keys)].sort(), work);
  }

  async #withOne<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mutex = this.#mutexOf(key);
    const release = await mutex.acquire();
    try {
      return await work();
    } finally {
      release();
      if (!mutex.isLocked()) this.#mutexes.delete(key);
    }
  }

  async #withAll<T>(ordered: readonly string[], work: () => Promise<T>): Promise<T> {
    const releases: MutexInterface.Releaser[] = [];
    try {
      for (const key of ordered) releases.push(await this.#mutexOf(key).acquire());
      return await work();
    } finally {
      for (const release of releases) release();
      for (const key of ordered) if (this.#mutexes.get(key)?.isLocked() === false) this.#mutexes.delete(key);
    }
  }

  #mutexOf(key: string): Mutex {
    let mutex = this.#mutexes.get(key);
    if (mutex === undefined) {
      mutex = new Mutex();
      this.#mutexes.set(key, mutex);
    }
    return mutex;
  }
}

export const maps: readonly Contender[] = [floor, mutexPerKey, globalMutex];
