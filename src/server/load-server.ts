import type { Store } from '../contract/store.ts';
import type { MemStoreServer } from './listen.ts';
import type { ServerOptions } from './server-options.ts';

/**
 * Serves a store to other processes, over TCP or a Unix socket, in the protocol of Redis and in plain lines.
 * The server is loaded when this is called.
 *
 * @example
 * const server = await startServer(new MemStore(), { port: 0 });
 * console.log(`redis-cli -p ${server.port}`);
 * await server.close();
 *
 * @throws {MemStoreError} INVALID_OPTION; what the system says when it cannot listen (`EADDRINUSE`, …) is
 * thrown as it is
 */
export async function startServer<S extends object>(
  store: Store<S>,
  options: ServerOptions = {},
): Promise<MemStoreServer> {
  const { listen } = await import('./listen.ts');
  return listen(store as unknown as Store<object>, options);
}
