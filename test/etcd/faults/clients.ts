import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { HistoryTransaction } from 'memstore-tx/testing';

interface Line {
  readonly transaction: HistoryTransaction;
  readonly failure: string | undefined;
}

/** The time on a clock that all processes of this machine share. */
export function nowMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Several application instances, each a process, and what they have done so far. */
export class Clients {
  readonly transactions: HistoryTransaction[] = [];
  /** How many transactions failed, by code. */
  readonly failures: Map<string, number> = new Map();
  readonly #processes: ChildProcess[];
  #onCommit: (transaction: HistoryTransaction) => void = () => {};
  #onFailure: (error: Error) => void = () => {};

  constructor(count: number, hosts: readonly string[], prefix: string, seed: number) {
    const program = new URL('./client.ts', import.meta.url).pathname;
    this.#processes = Array.from({ length: count }, (_, index) => {
      const name = String.fromCharCode('A'.charCodeAt(0) + index);
      const words = ['--import', 'tsx', program, hosts.join(','), prefix, name, String(seed + index)];
      const client = spawn('node', words, { stdio: ['pipe', 'pipe', 'inherit'] });
      createInterface(client.stdout).on('line', (line) => this.#note(JSON.parse(line) as Line));
      client.once('exit', (code) => {
        if (code !== 0) this.#onFailure(new Error(`Client ${name} ended with ${code}.`));
      });
      return client;
    });
  }

  /** Resolves when so many transactions have committed that began after this call. */
  commits(count: number): Promise<void> {
    const since = nowMicroseconds();
    let left = count;
    return new Promise((resolve, reject) => {
      this.#onFailure = reject;
      this.#onCommit = ({ beginAt = 0 }) => {
        if (beginAt >= since && --left === 0) resolve();
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
    if (transaction.status === 'committed') this.#onCommit(transaction);
  }
}
