import { type IPty, spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';

/** A program on a pseudo-terminal. The program is killed when the test ends. */
export class Terminal {
  readonly #pty: IPty;
  #screen = '';
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(program: string, args: string[]) {
    this.#pty = spawn(program, args, {
      cols: 200,
      rows: 50,
      env: { ...process.env, TERM: 'xterm', HOME: '/nonexistent' },
    });
    this.#pty.onData((text) => {
      this.#screen += text;
      this.#wake();
    });
    this.#pty.onExit(() => {
      this.#isEnded = true;
      this.#wake();
    });
    onTestFinished(() => {
      if (!this.#isEnded) this.#pty.kill();
    });
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  /** Waits until the text appears on the screen, and discards the output up to its end. */
  async until(text: string): Promise<void> {
    for (let at = this.#screen.indexOf(text); ; at = this.#screen.indexOf(text)) {
      if (at >= 0) {
        this.#screen = this.#screen.slice(at + text.length);
        return;
      }
      if (this.#isEnded) throw new Error(`The program ended with ${JSON.stringify(this.#screen)}.`);
      await this.#next();
    }
  }

  async end(): Promise<void> {
    while (!this.#isEnded) await this.#next();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
