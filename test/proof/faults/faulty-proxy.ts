import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a proxy does to the bytes of one direction of one connection. */
export interface Fault {
  /** The connection is cut, both ways, when so many bytes have gone through. @default never */
  readonly cutAfterBytes?: number | undefined;
  /**
   * Cuts the bytes into pieces and lets turns of the event loop pass in between; a number in [0, 1).
   * @default as they come
   */
  readonly jitter?: (() => number) | undefined;
}

/** The faults of one connection. */
export interface Faults {
  readonly toServer?: Fault | undefined;
  readonly toClient?: Fault | undefined;
}

const MAX_TURNS = 4;

/** Carries bytes in one direction. */
export class Channel {
  readonly #target: Socket;
  readonly #fault: Fault;
  readonly #cut: () => void;
  #queue: Buffer[] = [];
  #isBusy = false;
  #isHeld = false;
  /** How many bytes have come, and how many have been handed on. */
  received = 0;
  delivered = 0;

  constructor(source: Socket, target: Socket, fault: Fault, cut: () => void) {
    this.#target = target;
    this.#fault = fault;
    this.#cut = cut;
    source.on('data', (chunk: Buffer) => {
      this.received += chunk.length;
      this.#queue.push(chunk);
      void this.#deliver();
    });
  }

  /** Keeps whatever comes from now on, until it is released. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    void this.#deliver();
  }

  async #deliver(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    for (let chunk = this.#next(); chunk !== undefined; chunk = this.#next()) {
      const { jitter } = this.#fault;
      if (jitter === undefined) this.#send(chunk);
      else
        for (let rest = chunk; rest.length > 0; ) {
          const length = 1 + Math.floor(jitter() * rest.length);
          for (let turns = Math.floor(jitter() * MAX_TURNS); turns > 0; turns--) await turn();
          this.#send(rest.subarray(0, length));
          rest = rest.subarray(length);
        }
    }
    this.#isBusy = false;
  }

  #next(): Buffer | undefined {
    return this.#isHeld ? undefined : this.#queue.shift();
  }

  #send(bytes: Buffer): void {
    const left = (this.#fault.cutAfterBytes ?? Number.POSITIVE_INFINITY) - this.delivered;
    const sent = bytes.subarray(0, Math.min(bytes.length, left));
    this.delivered += sent.length;
    if (this.#target.destroyed) return;
    if (sent.length === left) this.#target.write(sent, () => this.#cut());
    else this.#target.write(sent);
  }
}

/** One connection through the proxy. */
export class Pipe {
  readonly toServer: Channel;
  readonly toClient: Channel;
  readonly #client: Socket;
  readonly #server: Socket;

  constructor(client: Socket, server: Socket, { toServer = {}, toClient = {} }: Faults) {
    this.#client = client;
    this.#server = server;
    const cut = (): void => this.cut();
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', cut);
    }
    this.toServer = new Channel(client, server, toServer, cut);
    this.toClient = new Channel(server, client, toClient, cut);
  }

  get isCut(): boolean {
    return this.#client.destroyed;
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }
}

/** Stands between clients and a server, and can do what networks do. */
export class FaultyProxy {
  readonly #net: Server;
  readonly pipes: Pipe[] = [];
  /** Whether new connections are turned away. */
  isDown = false;
  /** How many were turned away. */
  refused = 0;

  constructor(serverPort: number, faults: (connection: number) => Faults) {
    this.#net = createServer((client) => {
      if (this.isDown) {
        client.on('error', () => {});
        client.destroy();
        this.refused++;
        return;
      }
      this.pipes.push(new Pipe(client, connect(serverPort), faults(this.pipes.length)));
    });
  }

  /** The connection that was made last. */
  get last(): Pipe {
    const pipe = this.pipes.at(-1);
    if (pipe === undefined) throw new Error('Nobody has come through the proxy.');
    return pipe;
  }

  get port(): number {
    const address = this.#net.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#net.listen(0, '127.0.0.1', resolve));
  }

  cutAll(): void {
    for (const pipe of this.pipes) pipe.cut();
  }

  close(): Promise<void> {
    this.cutAll();
    return new Promise((resolve) => this.#net.close(() => resolve()));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
