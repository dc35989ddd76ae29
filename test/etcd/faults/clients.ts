import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { HistoryTransaction } from 'memstore-tx/testing';

interface Line {
  readonly transaction: HistoryTransaction;
  readonly failure: string | undefined;
}

/** Several application instances, each a process, and what they have done so far. */
export class Clients {
  readonly transactions: HistoryTransaction[] = [];
  /** How many transactions failed, by code. */
  readonly failures: Map<string, number> = new Map();
  readonly #processes: ChildProcess[];
  #committed = 0;
  #onCommit: () => void = () => {};
  #onFailure: (error: Error) => void = () => {};

  constructor(count: number, hosts: readonly string[], prefix: string, seed: number) {
    const program = new URL('./client.ts', import.meta.url).pathname;
    this.#processes = Array.from({ length: count }, (_, index) => {
      const name = String.fromCharCode('A'.charCodeAt(0) + index);
      const words = ['--import', 'tsx', program, hosts.join(','), prefix, name, String(seed + index)];
      const process = spawn('node', words, { stdio: ['pipe', 'pipe', 'inherit'] });
      createInterface(process.stdout).on('line', (line) => this.#note(JSON.parse(line) as Line));
      process.once('exit', (code) => {
        if (code !== 0) this.#onFailure(new Error(`Client ${name} ended with ${code}.`));
      });
      return process;
    });
  }

  /** Resolves when so many more transactions have committed than had when this was called. */
  commits(count: number): Promise<void> {
    const goal = this.#committed + count;
    return new Promise((resolve, reject) => {
      this.#onFailure = reject;
      this.#onCommit = () => {
        if (this.#committed >= goal) resolve();
      };
    });
  }

  /** Lets every client finish what it is doing. */
  async stop(): Promise<void> {
    const running = this.#processes.filter(({ exitCode }) => exitCode === null);
    const ends = running.map((process) => once(process, 'close'));
    for (const { stdin } of running) stdin?.end('enough\n');
    await Promise.all(ends);
  }

  #note({ transaction, failure }: Line): void {
    this.transactions.push(transaction);
    if (failure !== undefined) this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
    if (transaction.status !== 'committed') return;
    this.#committed++;
    this.#onCommit();
  }
}
