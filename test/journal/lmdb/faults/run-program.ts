import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { bundleProgram } from '../bundle-program.ts';

/** The exit code of a program, and its output. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Each line of its output, parsed as JSON. */
  readonly lines: readonly unknown[];
}

/** A program of these tests that runs in a process of its own. */
export class Program {
  readonly #entry: URL;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'memstore-program-'));
  #bundled: Promise<void> | undefined;

  /** Must be called while tests are being declared. */
  constructor(entry: URL) {
    this.#entry = entry;
    afterAll(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  get #file(): string {
    return join(this.#folder, 'program.mjs');
  }

  async #ready(): Promise<void> {
    // Some tests run the program as another user. That user must be able to read the file.
    this.#bundled ??= bundleProgram(this.#entry, this.#file).then(() => chmodSync(this.#folder, 0o755));
    await this.#bundled;
  }

  /**
   * Runs the program until it exits.
   * @param shell a shell command to run first, for example to set a limit
   */
  async run(args: readonly string[], shell = '', uid?: number): Promise<ProgramEnd> {
    const child = await this.start(args, shell, uid);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        const lines = output
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line): unknown => JSON.parse(line));
        resolve({ code, signal, lines });
      });
    });
  }

  async start(args: readonly string[], shell = '', uid?: number): Promise<ChildProcess> {
    await this.#ready();
    const command = [...(shell === '' ? [] : [shell]), 'exec "$0" "$@"'].join('; ');
    // LMDB prints its errors to stderr. They do not mean that the test fails.
    return spawn('/bin/sh', ['-c', command, process.execPath, this.#file, ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      ...(uid === undefined ? {} : { uid }),
    });
  }
}
