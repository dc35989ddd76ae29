import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const LF = 0x0a;
const CR = 0x0d;
const BULK = 0x24;
const DIGIT_0 = 0x30;
/** The number of replies per announced item of an aggregate, by the type byte of the aggregate. */
const AGGREGATES: ReadonlyMap<number, number> = new Map([
  [0x2a, 1],
  [0x7e, 1],
  [0x25, 2],
]);

/** A connection that sends RESP and counts replies without keeping them. */
export class RawClient {
  readonly #socket: Socket;
  /** The number of replies still to receive, including nested ones. */
  #expected = 0;
  #resolve: () => void = () => {};
  #lastLine = '';
  /** The number of bytes of a bulk string still to receive, including its line end. */
  #skip = 0;
  #line: number[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends requests, waits for `replies` replies, and resolves to the first line of the last reply. */
  send(requests: string, replies = 1): Promise<string> {
    this.#expected = replies;
    return new Promise((resolve) => {
      this.#resolve = () => resolve(this.#lastLine);
      this.#socket.write(requests, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
        if (this.#skip === 0) this.#ended();
        continue;
      }
      const byte = bytes[at++] as number;
      if (byte !== LF) this.#line.push(byte);
      else this.#lineEnded();
    }
  }

  #lineEnded(): void {
    const line = this.#line;
    this.#line = [];
    if (line.at(-1) === CR) line.pop();
    const [type = 0] = line;
    const count = this.#countOf(line);
    this.#lastLine = String.fromCharCode(...line.slice(0, 200));
    const perItem = AGGREGATES.get(type);
    if (type === BULK && count >= 0) {
      this.#skip = count + 2;
      return;
    }
    if (perItem !== undefined && count > 0) this.#expected += perItem * count;
    this.#ended();
  }

  #countOf(line: readonly number[]): number {
    let count = 0;
    for (const byte of line.slice(1, 17)) count = 10 * count + (byte - DIGIT_0);
    return count;
  }

  #ended(): void {
    if (--this.#expected === 0) this.#resolve();
  }
}

const bulk = (word: string): string => `$${word.length}\r\n${word}\r\n`;

/** Returns the RESP text of one request. REQUIRES: the words are ASCII. */
export function request(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map(bulk).join('')}`;
}
