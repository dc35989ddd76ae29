import type { Store } from '../contract/store.ts';
import type { MemStoreServer } from './listen.ts';
import type { ServerOptions } from './server-options.ts';

/**
 * Serves a store to other processes, over TCP or a Unix socket. The server speaks RESP, the protocol of
 * Redis, and plain lines of text. The code of the server is loaded on the first call.
 *
 * @example
 * const server = await startServer(new MemStore(), { port: 0 });
 * console.log(`redis-cli -p ${server.port}`);
 * await server.close();
 * @throws {MemStoreError} INVALID_OPTION
 * @throws the error of Node if the server cannot listen, such as `EADDRINUSE`
 */
export async function startServer<S extends object>(
  store: Store<S>,
  options: ServerOptions = {},
): Promise<MemStoreServer> {
  const { listen } = await import('./listen.ts');
  return listen(store as unknown as Store<object>, options);
}
