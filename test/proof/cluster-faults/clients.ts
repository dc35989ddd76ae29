import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { HistoryTransaction } from 'memstore-tx/testing';

interface Line {
  readonly transaction: HistoryTransaction;
  readonly failure: string | undefined;
}

/** Returns the time in microseconds on a clock that all processes of this machine share. */
export function nowMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Several application instances, each in its own process, and the transactions they have run so far. */
export class Clients {
  readonly transactions: HistoryTransaction[] = [];
  /** The number of failed transactions, by code. */
  readonly failures: Map<string, number> = new Map();
  /** The error of the first client that failed, or `undefined`. */
  failure: Error | undefined = undefined;
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
      client.once('exit', (code, signal) => {
        if (code === 0) return;
        this.failure ??= new Error(`Client ${name} must exit with code 0, got ${code ?? signal}.`);
        this.#onFailure(this.failure);
      });
      return client;
    });
  }

  /**
   * Resolves when `count` transactions that began after this call have committed.
   * @throws {Error} if a client has failed
   */
  commits(count: number): Promise<void> {
    const since = nowMicroseconds();
    let left = count;
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) reject(this.failure);
      this.#onFailure = reject;
      this.#onCommit = ({ beginAt = 0 }) => {
        if (beginAt >= since && --left === 0) resolve();
      };
    });
  }

  /** Waits for every client to finish its current transaction and exit. */
  async stop(): Promise<void> {
    const running = this.#processes.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
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
