import {
  connect,
  type LockStrategy,
  MemStore,
  type Store,
  startServer,
  type Transaction,
  type TransactionStatus,
} from 'memstore-tx';
import { LOCKS, type LocksName } from '../../conformance/strategy-combinations.ts';

export type Numbers = Record<string, number>;

/** The part of a transaction that the schedules use. */
export interface ClientTransaction {
  readonly id: number;
  readonly status: TransactionStatus;
  get(key: string): Promise<number | undefined>;
  put(key: string, value: number): Promise<void>;
  del(key: string): Promise<boolean>;
  entries(range?: { readonly forUpdate: boolean }): AsyncIterable<[string, number]>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** A store under test, in this process or behind a server. */
export interface Backend {
  begin(options: { readonly readOnly: boolean }): Promise<ClientTransaction>;
  putMany(entries: Iterable<readonly [string, number]>): Promise<void>;
  entries(): AsyncIterable<[string, number]>;
  /** Returns whether the transaction with this id is waiting for a lock. */
  isWaiting(id: number): boolean;
  close(): Promise<void>;
}

export interface Place {
  readonly name: string;
  readonly locks: LocksName;
  readonly open: () => Promise<Backend>;
}

/** The stores that run every schedule: each lock strategy, in this process and over TCP. */
export const PLACES: readonly Place[] = LOCKS.flatMap(([name, locks]) => [
  { name: `${name}, in process`, locks: name, open: async () => inProcess(locks) },
  { name: `${name}, over TCP`, locks: name, open: () => overTcp(locks) },
]);

export function inProcess(locks: LockStrategy): Backend {
  const store = new MemStore<Numbers>({ locks });
  return backendOf(store, store, () => store.close());
}

export async function overTcp(locks: LockStrategy): Promise<Backend> {
  const store = new MemStore<Numbers>({ locks });
  const server = await startServer(store, { port: 0 });
  const remote = await connect<Numbers>({ port: server.port });
  return backendOf(remote, store, async () => {
    await remote.close();
    await server.close();
    await store.close();
  });
}

/**
 * Adapts a store to the schedules.
 * @param keeper - the store that has the locks.
 */
export function backendOf(
  store: Store<Numbers>,
  keeper: MemStore<Numbers>,
  close: () => Promise<void>,
): Backend {
  return {
    begin: async (options) => (await store.begin(options)) as Transaction<Numbers>,
    putMany: (entries) => store.putMany(entries),
    entries: () => store.entries(),
    isWaiting: (id) => keeper.locks().waiting.some(({ transactionId }) => transactionId === id),
    close,
  };
}
