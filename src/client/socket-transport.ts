import type { Socket } from 'node:net';
import type { Transport, TransportEvents } from '../remote/transport.ts';

/** Carries bytes over a connected socket. */
export class SocketTransport implements Transport {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isWritable(): boolean {
    return this.#socket.writable && !this.#socket.writableNeedDrain;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  listen({ onBytes, onWritable, onLost }: TransportEvents): void {
    const socket = this.#socket;
    socket.on('data', onBytes);
    socket.on('drain', onWritable);
    socket.on('error', (cause) => onLost('The connection was lost.', cause));
    socket.on('close', () => onLost('The server closed the connection.'));
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  afterTick(callback: () => void): void {
    process.nextTick(callback);
  }

  keepAlive(isNeeded: boolean): void {
    if (isNeeded) this.#socket.ref();
    else this.#socket.unref();
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      // The server may keep its side open, so destroy the socket once all bytes are sent.
      this.#socket.end(() => this.#socket.destroy());
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
