import { unlink } from 'node:fs/promises';
import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { invalidOption } from '../arguments/check-options.ts';
import { readDrainTimeout } from '../arguments/read-options.ts';
import { invalidTls } from '../arguments/tls-failure.ts';
import type { CloseOptions } from '../contract/options.ts';
import type { Store } from '../contract/store.ts';
import type { TlsSettings } from '../contract/tls-settings.ts';
import { Drain } from '../lifecycle/drain.ts';
import type { ServedStore } from '../serving/served-store.ts';
import { BufferedBytes } from './buffered-bytes.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { Flusher } from './flusher.ts';
import { infoText } from './info-text.ts';
import { isAbandonedSocket } from './is-abandoned-socket.ts';
import { nodePlatform } from './node-platform.ts';
import { PasswordCheck } from './password-check.ts';
import { refusedHandshake } from './refused-handshake.ts';
import {
  type ResolvedServerOptions,
  resolveServerOptions,
  type ServerEvent,
  type ServerOptions,
} from './server-options.ts';

/** A server that is listening. */
export interface MemStoreServer {
  /** The TCP port, or `undefined` for a Unix socket. */
  readonly port: number | undefined;
  /** The address, or the path of the Unix socket. */
  readonly address: string;
  /** The number of connected clients. */
  readonly connections: number;
  /**
   * Stops accepting connections and notifies the clients. Running commands may finish within `drainTimeout`.
   * Then rolls back open transactions and closes the connections. The store stays open, because it belongs to
   * the caller. Another call waits until the server is closed.
   * @throws {MemStoreError} INVALID_OPTION
   * @example
   * await server.close({ drainTimeout: 1_000 });
   */
  close(options?: CloseOptions): Promise<void>;
  /**
   * Closes the server with the default drain timeout. `await using` calls it.
   * @example
   * await using server = await startServer(store, { port: 0 });
   * console.log(server.port);
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** When the server is closing, running commands may take this long to finish. */
const DRAIN_TIMEOUT_MS = 5_000;
/** When the server is closing, clients may take this long to read their last replies. */
const FAREWELL_MS = 1_000;
const TOO_MANY = 'there are too many connections (maxConnections)';

/** Starts a server. See `startServer` in the main entry. */
export async function listen(store: Store<object>, options: ServerOptions): Promise<MemStoreServer> {
  // Without this check, the server would start and every command would fail.
  if (typeof (store as Partial<Store<object>> | null | undefined)?.begin !== 'function')
    throw invalidOption('store', 'a store', store);
  const served = store as unknown as ServedStore;
  const server = new Server(served, resolveServerOptions(options, served.idleTimeout));
  await server.listen();
  return server;
}

class Server implements MemStoreServer {
  readonly #options: ResolvedServerOptions;
  readonly #net: NetServer;
  readonly #host: ConnectionHost;
  readonly #connections = new Set<Connection>();
  /** All sockets, including those whose TLS handshake is not complete. */
  readonly #sockets = new Set<Socket>();
  readonly #isOpenToAll: boolean;
  readonly #startedMs = Date.now();
  #accepted = 0;
  #closed: Promise<void> | undefined;
  readonly #drain = new Drain();
  port: number | undefined;
  address = '';

  constructor(store: ServedStore, options: ResolvedServerOptions) {
    this.#options = options;
    const { limits, tls, clock } = options;
    const tell = (event: ServerEvent): void => this.#tell(event);
    const password = new PasswordCheck(options.password, limits, clock);
    this.#isOpenToAll = !password.isNeeded;
    this.#host = {
      ...nodePlatform,
      store,
      limits,
      clock,
      password,
      flusher: new Flusher(),
      buffered: new BufferedBytes(limits.maxBufferedBytes, clock),
      tell,
      info: () =>
        infoText(store, {
          address: this.address,
          uptimeMs: Date.now() - this.#startedMs,
          connections: this.#connections.size,
          accepted: this.#accepted,
          maxConnections: limits.maxConnections,
        }),
      onEnd: (connection, reason) => this.#forget(connection, reason),
    };
    const socketOptions = {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: limits.keepAliveDelay,
    };
    if (tls === undefined) {
      this.#net = createTcpServer(socketOptions, (socket) => this.#accept(socket));
    } else {
      this.#net = tlsServer(tls, { ...socketOptions, handshakeTimeout: limits.authTimeout });
      this.#net.on('secureConnection', (socket: Socket) => this.#accept(socket));
      // Before the TLS handshake the server cannot send an error to excess clients, so Node drops them.
      this.#net.maxConnections = limits.maxConnections;
      this.#net.on('drop', () => tell({ type: 'refused', reason: TOO_MANY }));
      this.#net.on('tlsClientError', (error: Error, socket: TLSSocket) => {
        // If the server is closing, the close ended the handshake, so this is not a refusal.
        if (this.#closed === undefined) tell({ type: 'refused', reason: refusedHandshake(error, socket) });
      });
    }
    this.#net.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#net.on('error', (error) => tell({ type: 'error', error }));
  }

  get connections(): number {
    return this.#connections.size;
  }

  async listen(): Promise<void> {
    const { listen } = this.#options;
    try {
      await this.#bind();
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || !('path' in listen) || !(await isAbandonedSocket(listen.path))) throw error;
      await unlink(listen.path);
      await this.#bind();
    }
    const address = this.#net.address();
    if (typeof address === 'string') this.address = address;
    else if (address !== null) {
      this.address = address.address;
      this.port = address.port;
    }
    const port = this.port === undefined ? '' : `:${this.port}`;
    this.#tell({ type: 'listening', address: `${this.address}${port}` });
  }

  #bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#net.once('error', reject);
      this.#net.listen(this.#options.listen, () => {
        this.#net.off('error', reject);
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    if (this.#closed !== undefined) {
      // The TLS handshake ended only after the server was closed.
      socket.destroy();
      return;
    }
    if (this.#connections.size >= this.#options.limits.maxConnections) {
      this.#tell({ type: 'refused', reason: TOO_MANY });
      socket.on('error', () => {});
      socket.end('-LIMIT_EXCEEDED The server has too many connections (maxConnections).\r\n', () =>
        socket.destroy(),
      );
      return;
    }
    const connection = new Connection(++this.#accepted, socket, this.#host, this.#isOpenToAll);
    this.#connections.add(connection);
    this.#tell({ type: 'connected', connection: connection.id, peer: connection.address });
  }

  #forget(connection: Connection, reason: string): void {
    this.#connections.delete(connection);
    this.#tell({ type: 'disconnected', connection: connection.id, reason });
    if (this.#connections.size === 0) this.#drain.finish();
  }

  #tell(event: ServerEvent): void {
    try {
      this.#options.onEvent(event);
    } catch {
      // An error in a log callback must not stop the server.
    }
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainTimeout = readDrainTimeout(options, DRAIN_TIMEOUT_MS);
    this.#closed ??= this.#close(drainTimeout);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    this.#tell({ type: 'closing' });
    const stopped = new Promise<void>((resolve) => this.#net.close(() => resolve()));
    this.#each((connection) => connection.close());
    await this.#waitForConnections(drainMs);
    this.#each((connection) => connection.abortTransactions());
    await this.#waitForConnections(FAREWELL_MS);
    this.#each((connection) => connection.cut('the server is closing'));
    await this.#waitForConnections(Number.POSITIVE_INFINITY);
    // Only sockets with an incomplete TLS handshake are left.
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
    this.#tell({ type: 'closed' });
  }

  /** Waits until every connection has ended, for at most a timeout. */
  async #waitForConnections(timeoutMs: number): Promise<void> {
    if (this.#connections.size > 0) await this.#drain.wait(this.#options.clock, timeoutMs);
  }

  #each(action: (connection: Connection) => void): void {
    for (const connection of this.#connections) action(connection);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Creates a TLS server.
 * @throws {MemStoreError} INVALID_OPTION for invalid keys and certificates
 */
function tlsServer(tls: TlsSettings, options: TlsOptions): NetServer {
  try {
    return createTlsServer({ ...(tls as TlsOptions), ...options });
  } catch (cause) {
    throw invalidTls(cause);
  }
}
