import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The text of an error reply, up to the end of its code. */
const ERROR_CODE = /-([A-Z_]{4,})[ \r]/g;
/** An error reply may be cut in two by the network: so much of a chunk is looked at again with the next one. */
const LONGEST_CODE = 40;

/** A bare client that writes as fast as the server reads, and notes the errors that it is told. */
export class Attacker {
  readonly socket: Socket;
  /** The codes of the errors that came back, each once. */
  readonly codes: Set<string> = new Set();
  isClosed = false;
  #tail = '';
  #received = '';
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
    socket.on('drain', () => this.#wake());
  }

  static async open(port: number): Promise<Attacker> {
    const socket = connect(port, '127.0.0.1');
    const attacker = new Attacker(socket);
    await once(socket, 'connect').catch(() => {});
    return attacker;
  }

  #read(text: string): void {
    for (const [, code = ''] of (this.#tail + text).matchAll(ERROR_CODE)) this.codes.add(code);
    this.#tail = text.slice(-LONGEST_CODE);
    this.#received = (this.#received + text).slice(-4 * LONGEST_CODE);
    this.#wake();
  }

  /** Sends the pieces and waits where the server does not read; false if the server or the attack has ended. */
  async send(pieces: Iterable<Buffer | string>, signal: AbortSignal): Promise<boolean> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      for (const piece of pieces) {
        if (signal.aborted || this.isClosed) return false;
        this.socket.write(piece);
        while (this.socket.writableNeedDrain && !signal.aborted && !this.isClosed) await this.#next();
      }
      return !this.isClosed;
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Sends `BEGIN` and returns the id of the transaction; `undefined` if the server refused it. */
  async begin(...words: readonly string[]): Promise<string | undefined> {
    this.#received = '';
    this.socket.write(request('BEGIN', ...words));
    for (;;) {
      const [, mark, text] = /([:-])([^\r]*)\r\n/.exec(this.#received) ?? [];
      if (mark !== undefined) return mark === ':' ? text : undefined;
      if (this.isClosed) return undefined;
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A request in RESP: an array of bulk strings. */
export function request(...words: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.from(word);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
