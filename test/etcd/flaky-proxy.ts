import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** The mode of the proxy: it forwards connections, drops them before an answer, or refuses them. */
type Mode = 'open' | 'losing answers' | 'closed';

/** A proxy to one node. A test can make it fail. */
export class FlakyProxy {
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #mode: Mode = 'open';
  /** The number of connections that were cut before their answer came through. */
  answersLost = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async to(host: string): Promise<FlakyProxy> {
    const server = createServer();
    const proxy = new FlakyProxy(server);
    server.on('connection', (client) => proxy.#accept(client, Number(host.split(':')[1])));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get host(): string {
    const address = this.#server.address();
    return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  set mode(mode: Mode) {
    this.#mode = mode;
    if (mode === 'closed') for (const socket of this.#connections) socket.destroy();
  }

  close(): void {
    this.mode = 'closed';
    this.#server.close();
  }

  #accept(client: Socket, port: number): void {
    if (this.#mode === 'closed') {
      client.destroy();
      return;
    }
    const node = connect(port, '127.0.0.1');
    let isAsked = false;
    const end = (): void => {
      client.destroy();
      node.destroy();
      this.#connections.delete(client);
    };
    this.#connections.add(client);
    client.on('data', (bytes) => {
      isAsked ||= this.#mode === 'losing answers';
      node.write(bytes);
    });
    node.on('data', (bytes) => {
      if (this.#mode !== 'losing answers' || !isAsked) {
        client.write(bytes);
        return;
      }
      this.answersLost++;
      end();
    });
    for (const socket of [client, node]) socket.on('error', end).on('close', end);
  }
}
