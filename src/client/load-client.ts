import type { RemoteStore } from '../remote/remote-store.ts';
import type { ConnectOptions } from './connect-options.ts';

/**
 * Connects to a store that another process serves. The code of the client is loaded on the first call.
 *
 * A `put` of a key that its transaction has locked exclusively does not wait for the server. If the server
 * refuses the put, for example because of a limit, it rolls the transaction back. The next operation or the
 * commit then rejects with the reason.
 *
 * @param options the address of the server, or a connection string: `memstore://user:password@host:port`,
 * `memstores://…` for TLS, or `memstore+unix:///path/of/the.sock`
 *
 * @example
 * const server = await startServer(new MemStore(), { port: 0 });
 * const store = await connect<{ [hits: `hits:${string}`]: number }>({ port: server.port });
 * await store.transaction(async (tx) => {
 *   await tx.put('hits:home', ((await tx.getForUpdate('hits:home')) ?? 0) + 1);
 * });
 * await store.close();
 * await server.close();
 * @throws {MemStoreError} INVALID_OPTION; CONNECTION_LOST if the server cannot be reached; LIMIT_EXCEEDED if
 * the server has too many connections; AUTH_REQUIRED, AUTH_FAILED, PROTOCOL
 */
export async function connect<S extends object = Record<string, unknown>>(
  options: ConnectOptions | string = {},
): Promise<RemoteStore<S>> {
  const { openRemoteStore } = await import('./open-remote-store.ts');
  return openRemoteStore<S>(options);
}
