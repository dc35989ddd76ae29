import {
  type ConnectOptions,
  connect,
  MemStore,
  type MemStoreOptions,
  type MemStoreServer,
  type RemoteStore,
  type ServerOptions,
  startServer,
} from 'memstore-tx';
import { expect, onTestFinished } from 'vitest';

/**
 * A served store and its clients. All are closed when the test ends, and no transaction or lock may be left.
 */
export interface Served<S extends object> {
  readonly store: MemStore<S>;
  readonly server: MemStoreServer;
  readonly port: number;
  connect(options?: ConnectOptions): Promise<RemoteStore<S>>;
}

export async function serve<S extends object = Record<string, unknown>>(
  options: ServerOptions = {},
  storeOptions: MemStoreOptions = {},
): Promise<Served<S>> {
  const store = new MemStore<S>(storeOptions);
  const server = await startServer(store, { port: 0, ...options });
  const port = server.port ?? 0;
  const clients: RemoteStore<S>[] = [];
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await until(() => server.connections === 0);
    expect(nothingLeft(store)).toEqual(NOTHING);
    await server.close({ drainTimeout: 0 });
    await store.close();
  });
  return {
    store,
    server,
    port,
    async connect(clientOptions) {
      const client = await connect<S>({ port, ...clientOptions });
      clients.push(client);
      return client;
    },
  };
}

/** Waits until the condition holds. Checks it once per turn of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

const NOTHING = { held: [], waiting: [], activeTransactions: 0, activeSnapshots: 0, waitingOperations: 0 };

function nothingLeft<S extends object>(store: MemStore<S>): Record<string, unknown> {
  const { activeTransactions, activeSnapshots, waitingOperations } = store.stats();
  return { ...store.locks(), activeTransactions, activeSnapshots, waitingOperations };
}
