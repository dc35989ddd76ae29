import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Matches the code of an error reply. */
const ERROR_CODE = /-([A-Z_]{4,})[ \r]/g;
/**
 * The length of the tail of a chunk that is searched again with the next chunk. The network may split an
 * error reply.
 */
const LONGEST_CODE = 40;
/** The maximum number of characters of a reply that `ask` searches. */
const LONGEST_REPLY = 4_096;

/** A minimal client that writes as fast as the server reads. */
export class Attacker {
  readonly socket: Socket;
  readonly #codes = new Set<string>();
  readonly #onTold: (event: string) => void;
  isClosed = false;
  #tail = '';
  #received = '';
  #wake: () => void = () => {};

  /**
   * @param onTold called with each error code when it is first received, and with `cut` when the connection
   * closes
   */
  constructor(socket: Socket, onTold: (event: string) => void) {
    this.socket = socket;
    this.#onTold = onTold;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#onTold('cut');
      this.#wake();
    });
    socket.on('drain', () => this.#wake());
  }

  static async open(port: number, onTold: (event: string) => void): Promise<Attacker> {
    const socket = connect(port, '127.0.0.1');
    const attacker = new Attacker(socket, onTold);
    await once(socket, 'connect').catch(() => {});
    return attacker;
  }

  #read(text: string): void {
    for (const [, code = ''] of (this.#tail + text).matchAll(ERROR_CODE)) {
      if (!this.#codes.has(code)) this.#onTold(code);
      this.#codes.add(code);
    }
    this.#tail = text.slice(-LONGEST_CODE);
    this.#received = (this.#received + text).slice(-LONGEST_REPLY);
    this.#wake();
  }

  /**
   * Sends the pieces, and waits while the server does not read. Resolves with `false` if the server or the
   * attack has ended.
   */
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

  /** Sends `BEGIN`. Returns the id of the transaction, or `undefined` if the server refused it. */
  async begin(...words: readonly string[]): Promise<string | undefined> {
    const reply = await this.ask(/([:-][^\r]*)\r\n/, 'BEGIN', ...words);
    return reply?.startsWith(':') ? reply.slice(1) : undefined;
  }

  /**
   * Sends a request and returns the first group of `pattern` in its reply, or `undefined` if the connection
   * ends. No other request may be pending.
   */
  async ask(pattern: RegExp, ...words: readonly string[]): Promise<string | undefined> {
    this.#received = '';
    this.socket.write(request(...words));
    for (;;) {
      const found = pattern.exec(this.#received)?.[1];
      if (found !== undefined || this.isClosed) return found;
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Returns a request in RESP: an array of bulk strings. */
export function request(...words: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.from(word);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
