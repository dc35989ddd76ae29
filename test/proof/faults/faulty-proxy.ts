import { connect, createServer, type Server, type Socket } from 'node:net';

/** The fault of one direction of a connection. */
export interface Fault {
  /** Cuts both directions after this number of bytes. @default never */
  readonly cutAfterBytes?: number | undefined;
  /**
   * Splits the bytes into pieces and lets turns of the event loop pass between them. Returns a random number
   * in [0, 1).
   * @default pass the bytes on unchanged
   */
  readonly jitter?: (() => number) | undefined;
}

/** The faults of one connection. */
export interface Faults {
  readonly toServer?: Fault | undefined;
  readonly toClient?: Fault | undefined;
}

const MAX_TURNS = 4;

/** Forwards bytes in one direction. */
export class Channel {
  readonly #target: Socket;
  readonly #fault: Fault;
  readonly #cut: () => void;
  #queue: Buffer[] = [];
  #isBusy = false;
  #isHeld = false;
  /** The numbers of bytes that were received and that were passed on. */
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

  /** Holds back all bytes until `release` is called. */
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

/** A proxy between clients and a server that can simulate network faults. */
export class FaultyProxy {
  readonly #net: Server;
  readonly pipes: Pipe[] = [];
  /** Whether new connections are refused. */
  isDown = false;
  /** The number of refused connections. */
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

  /** Returns the most recent connection. */
  get last(): Pipe {
    const pipe = this.pipes.at(-1);
    if (pipe === undefined) throw new Error('The proxy must have at least one connection, got none.');
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
