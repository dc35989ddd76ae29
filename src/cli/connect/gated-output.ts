import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';

/**
 * A terminal output that can be closed for a time. While a command runs, the echo of typed text must not mix
 * with the output of the command. The typed text appears with the next prompt.
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
