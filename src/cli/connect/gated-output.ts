import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';

/**
 * A terminal that can be kept from being written to. While a command runs, what is typed or pasted ahead must not
 * be echoed between its lines; it shows up with the next prompt.
 */
export class GatedOutput extends Writable {
  readonly isTTY = true;
  readonly #terminal: WriteStream;
  isOpen = true;

  constructor(terminal: WriteStream) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
    terminal.on('resize', this.#onResize);
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  readonly #onResize = (): void => {
    this.emit('resize');
  };

  override _write(chunk: string | Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    if (this.isOpen) this.#terminal.write(chunk);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#terminal.off('resize', this.#onResize);
    done(error);
  }
}
