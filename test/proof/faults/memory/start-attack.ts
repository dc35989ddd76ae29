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

/** The observations of the attack so far. */
export interface AttackReport {
  /** The error codes that the server returned. */
  readonly codes: readonly string[];
  /** The number of connections that the server has cut. */
  readonly cut: number;
  /** Whether the attack has sent everything. */
  readonly isDone: boolean;
}

/** A message to the attack: the client beside it received an answer, or the attack must stop. */
export type Message = 'answer' | 'stop';

/** An attack in a separate process, so that it takes no CPU time from the client beside it. */
export class RunningAttack {
  readonly #child: ChildProcess;
  /** The last report, or `undefined` until the attack begins. */
  report: AttackReport | undefined;

  constructor(order: AttackOrder) {
    const path = fileURLToPath(new URL('attack-process.ts', import.meta.url));
    this.#child = fork(path, [JSON.stringify(order)], { execArgv: ['--import', 'tsx'] });
    this.#child.on('message', (report: AttackReport) => {
      this.report = report;
    });
  }

  /** Tells the attack that the client beside it received an answer. */
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

  /** Kills the process. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: Message): void {
    // Without the callback, sending to a process that has just exited would raise an uncaught error.
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}
