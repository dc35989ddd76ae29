import { type IPty, spawn } from '@lydell/node-pty';
import { onTestFailed, onTestFinished } from 'vitest';
import { command, environment } from './built-command.ts';
import { TextStream } from './text-stream.ts';

/** Keys as terminals send them. */
export const keys = {
  up: '\x1b[A',
  down: '\x1b[B',
  left: '\x1b[D',
  enter: '\r',
  tab: '\t',
  ctrlC: '\x03',
  ctrlD: '\x04',
} as const;

/** A command on a terminal of 80 columns and 24 rows. */
export class Terminal {
  readonly output: TextStream = new TextStream();
  readonly exitStatus: Promise<number>;
  readonly #pty: IPty;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#pty = spawn(process.execPath, [command, ...args], {
      name: 'xterm-256color',
      cols: 80,
      rows: 24,
      env: { ...env, TERM: 'xterm-256color' },
    });
    this.#pty.onData((chunk) => this.output.push(chunk));
    this.exitStatus = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.output.end();
        resolve(exitCode);
      });
    });
  }

  press(...typed: readonly string[]): void {
    for (const key of typed) this.#pty.write(key);
  }

  /** Types a line and waits for its answer. Returns the output up to the end of the answer. */
  type(line: string, answer: string | RegExp): Promise<string> {
    this.press(line, keys.enter);
    return this.output.until(answer);
  }

  until(text: string | RegExp): Promise<string> {
    return this.output.until(text);
  }

  kill(): void {
    this.#pty.kill('SIGKILL');
  }
}

/** Starts the built command on a terminal. The command is killed when the test ends. */
export function openTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Terminal {
  const terminal = new Terminal(args, environment(env));
  onTestFinished(() => terminal.kill());
  onTestFailed(() => console.error(`The terminal showed:\n${terminal.output.text}`));
  return terminal;
}
