import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The attack to run, and its target. */
export interface AttackOrder {
  readonly name: string;
  readonly port: number;
  /** The heap of the server, in bytes. */
  readonly heapBytes: number;
}

/** The answers of the server so far. */
export interface AttackReport {
  /** The codes of its errors. */
  readonly codes: readonly string[];
  /** The number of connections that it has cut. */
  readonly cut: number;
  /** Whether the attack has sent everything. */
  readonly isDone: boolean;
}

/** Tells the attack that the client beside it had an answer, or that it must stop. */
export type Message = 'answer' | 'stop';

/** An attack in a process of its own, so that it takes no time from the client beside it. */
export class RunningAttack {
  readonly #child: ChildProcess;
  /** Undefined until the attack begins. */
  report: AttackReport | undefined;

  constructor(order: AttackOrder) {
    const path = fileURLToPath(new URL('attack-process.ts', import.meta.url));
    this.#child = fork(path, [JSON.stringify(order)], { execArgv: ['--import', 'tsx'] });
    this.#child.on('message', (report: AttackReport) => {
      this.report = report;
    });
  }

  /** Notes an answer that the client beside the attack had. */
  noteAnswer(): void {
    this.#send('answer');
  }

  /** Stops the attack, and returns its last report. */
  async stop(): Promise<AttackReport | undefined> {
    const exited = once(this.#child, 'exit');
    this.#send('stop');
    await exited;
    return this.report;
  }

  /** Ends the process at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: Message): void {
    // Without a callback, a message to a process that has just ended would be an uncaught error.
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}
