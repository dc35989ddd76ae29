import { connect, MemStore, MemStoreError, type Store, startServer, type Transaction } from 'memstore-tx';
import { type History, type RecordedValue, recordHistory, seededRandom } from 'memstore-tx/testing';
import { type Fault, type Faults, FaultyProxy } from './faulty-proxy.ts';

/** The result of a run. */
export interface FaultyRun {
  readonly history: History;
  /** The number of connections, including those that were cut. */
  readonly connections: number;
  readonly cuts: number;
  /** Locks, transactions and waits that are still in the store at the end. All must be empty or zero. */
  readonly left: unknown;
  /** The number of errors for each code. */
  readonly codes: ReadonlyMap<string, number>;
}

type Numbers = Record<string, unknown>;

const KEYS = ['a', 'b', 'c', 'd'];
const CLIENTS = 3;
const WORKERS_PER_CLIENT = 3;
const TRANSACTIONS_PER_WORKER = 12;
const EXPECTED = new Set(['CONNECTION_LOST', 'COMMIT_UNKNOWN', 'DEADLOCK']);

/**
 * Runs clients that read, write and scan at random. Their connections pass through a proxy that cuts, delays
 * and splits the bytes.
 */
export async function runFaultyHistory(seed: number): Promise<FaultyRun> {
  const random = seededRandom(seed);
  const inner = new MemStore<Record<string, RecordedValue>>();
  const server = await startServer(inner, { port: 0 });
  const fault = (isCut: boolean): Fault => ({
    jitter: random,
    cutAfterBytes: isCut ? 300 + Math.floor(random() * 3_000) : undefined,
  });
  // The first connection is always cut, because a client sends more bytes than the limit.
  const proxy = new FaultyProxy(
    server.port ?? 0,
    (connection): Faults => ({
      toServer: fault(connection === 0 || random() < 0.5),
      toClient: fault(random() < 0.5),
    }),
  );
  await proxy.listen();
  const recorder = recordHistory<Numbers>(inner);
  const codes = new Map<string, number>();
  const worker = new Worker(random, codes);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connectSomehow(proxy.port)));
  const works = clients.flatMap((client) => {
    const way = recorder.also(client);
    return Array.from({ length: WORKERS_PER_CLIENT }, () => worker.work(way));
  });
  await Promise.all(works);
  const pipes = proxy.pipes;
  const cuts = pipes.filter(({ isCut }) => isCut).length;
  await Promise.all(clients.map((client) => client.close()));
  await proxy.close();
  while (server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  // The final state shows which commits of unknown outcome have happened.
  await recorder.store.transaction(async (tx) => {
    for await (const _ of tx.entries());
  });
  const { activeTransactions, activeSnapshots, waitingOperations } = inner.stats();
  const left = { ...inner.locks(), activeTransactions, activeSnapshots, waitingOperations };
  const history = recorder.history();
  await server.close();
  await inner.close();
  return { history, connections: pipes.length, cuts, left, codes };
}

/** Connects, and tries again if the connection is cut. */
async function connectSomehow(
  port: number,
): Promise<Awaited<ReturnType<typeof connect<Record<string, RecordedValue>>>>> {
  for (;;) {
    try {
      // The retry delay has no jitter, because the proxy already adds some.
      return await connect<Record<string, RecordedValue>>({ port, random: () => 0 });
    } catch (error) {
      if (!(error instanceof MemStoreError) || error.code !== 'CONNECTION_LOST') throw error;
    }
  }
}

class Worker {
  readonly #random: () => number;
  readonly #codes: Map<string, number>;
  #lastValue = 0;

  constructor(random: () => number, codes: Map<string, number>) {
    this.#random = random;
    this.#codes = codes;
  }

  async work(store: Store<Numbers>): Promise<void> {
    for (let count = 0; count < TRANSACTIONS_PER_WORKER; count++) {
      try {
        if (this.#random() < 0.2) await this.#alone(store);
        else await this.#transact(store);
      } catch (error) {
        if (!(error instanceof MemStoreError) || !EXPECTED.has(error.code)) throw error;
        this.#codes.set(error.code, (this.#codes.get(error.code) ?? 0) + 1);
      }
    }
  }

  async #alone(store: Store<Numbers>): Promise<void> {
    const key = this.#pick();
    const choice = this.#random();
    if (choice < 0.3) await store.get(key);
    else if (choice < 0.6) await store.put(key, ++this.#lastValue);
    else if (choice < 0.8)
      await store.putMany([
        [key, ++this.#lastValue],
        [this.#pick(), ++this.#lastValue],
      ]);
    else await store.del(key);
  }

  async #transact(store: Store<Numbers>): Promise<void> {
    const tx = (await store.begin({ readOnly: this.#random() < 0.15 })) as Transaction<Numbers>;
    try {
      for (let left = 1 + Math.floor(this.#random() * 4); left > 0; left--) await this.#operate(tx);
      if (this.#random() < 0.9) await tx.commit();
    } finally {
      await tx.rollback();
    }
  }

  async #operate(tx: Transaction<Numbers>): Promise<void> {
    const choice = this.#random();
    const key = this.#pick();
    if (choice < 0.15) {
      const [gte = '', lte = ''] = [key, this.#pick()].sort();
      for await (const _ of tx.entries({ gte, lte }));
    } else if (choice < 0.4 || tx.readOnly) await tx.get(key);
    else if (choice < 0.6) await tx.getForUpdate(key);
    else if (choice < 0.9) await tx.put(key, ++this.#lastValue);
    else await tx.del(key);
  }

  #pick(): string {
    return KEYS[Math.floor(this.#random() * KEYS.length)] ?? '';
  }
}
