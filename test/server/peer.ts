import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A client with a bare socket. It sends and receives text. */
export class Peer {
  readonly socket: Socket;
  #received = '';
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Sends a command as an array of bulk strings, like a Redis client. */
  command(...words: readonly string[]): void {
    const bulks = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    this.socket.write(`*${words.length}\r\n${bulks.join('')}`);
  }

  /** Waits for this number of lines, and removes them from the input. */
  async lines(count: number): Promise<string[]> {
    const lines = await this.#take(() => {
      const parts = this.#received.split('\n');
      if (parts.length <= count) return undefined;
      this.#received = parts.slice(count).join('\n');
      return parts.slice(0, count);
    });
    return lines.map((line) => line.replace(/\r$/, ''));
  }

  /** Sends a plain line, and returns its answer. */
  async ask(line: string): Promise<Record<string, unknown>> {
    this.send(`${line}\n`);
    const [answer = ''] = await this.lines(1);
    return JSON.parse(answer) as Record<string, unknown>;
  }

  /** Waits for the text. Returns the input up to the end of the text, and removes that part. */
  until(text: string): Promise<string> {
    return this.#take(() => {
      const at = this.#received.indexOf(text);
      if (at < 0) return undefined;
      const taken = this.#received.slice(0, at + text.length);
      this.#received = this.#received.slice(at + text.length);
      return taken;
    });
  }

  /** Waits for the end of the connection, and returns the remaining input. */
  async end(): Promise<string> {
    while (!this.#isClosed) await this.#next();
    return this.#received;
  }

  async #take<T>(attempt: () => T | undefined): Promise<T> {
    for (;;) {
      const taken = attempt();
      if (taken !== undefined) return taken;
      if (this.#isClosed) throw new Error(`The connection ended with ${JSON.stringify(this.#received)}.`);
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Connects a bare socket. It is destroyed when the test ends. */
export async function openPeer(options: NetConnectOpts): Promise<Peer> {
  const socket = connect(options);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return new Peer(socket);
}
