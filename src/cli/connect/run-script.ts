import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { exitCodes } from '../exit-codes.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import type { Answer } from './answer.ts';
import { Interpreter, type Task, toMemStoreError } from './interpreter.ts';
import { jsonAnswer, jsonError } from './json-answer.ts';

/** The number of commands that may be sent before their answers arrive. */
const MAX_AHEAD = 1_000;

/**
 * Runs the commands from standard input, one per line. Prints one line of JSON for each, in order. Returns
 * the exit status, which is `failed` if a command failed.
 *
 * Commands of one transaction take effect in order, and transactions run concurrently, as in the protocol. A
 * command without a transaction waits for earlier commands without one, and for earlier commits and
 * rollbacks.
 */
export async function runScript(store: AnyRemoteStore): Promise<number> {
  const script = new Script(new Interpreter(store, Number.POSITIVE_INFINITY));
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    if (/^\s*(exit|quit)\s*$/i.test(line)) break;
    await script.take(line);
  }
  return script.end();
}

class Script {
  readonly #interpreter: Interpreter;
  /** Settles when all earlier answers have been printed. */
  #printed: Promise<void> = Promise.resolve();
  /** Settles when the next command without a transaction may start. */
  #alone: Promise<unknown> = Promise.resolve();
  #ahead = 0;
  #onRoom: () => void = () => {};
  #hasFailed = false;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  async take(line: string): Promise<void> {
    if (this.#ahead >= MAX_AHEAD)
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    this.#ahead++;
    let task: Task;
    try {
      task = this.#interpreter.prepare(line);
    } catch (error) {
      this.#print(Promise.reject(error));
      return;
    }
    const answer = this.#start(task);
    this.#print(answer);
    if (task.verb.isAwaited) await answer.catch(() => {});
  }

  #start(task: Task): Promise<Answer> {
    const { name } = task.verb;
    const isAlone = task.transactionId === undefined;
    const answer = isAlone ? this.#alone.then(() => task.run()) : task.run();
    if (isAlone) this.#alone = answer.catch(() => {});
    else if (name === 'COMMIT' || name === 'ROLLBACK')
      this.#alone = Promise.allSettled([this.#alone, answer]);
    return answer;
  }

  #print(answer: Promise<Answer>): void {
    const line = answer.then(jsonAnswer).catch((error: unknown) => {
      this.#hasFailed = true;
      return jsonError(toMemStoreError(error));
    });
    this.#printed = this.#printed.then(async () => {
      // Backpressure: a script runs only as fast as its output is read.
      if (!process.stdout.write(`${await line}\n`)) await once(process.stdout, 'drain');
      this.#ahead--;
      this.#onRoom();
    });
  }

  async end(): Promise<number> {
    await this.#printed;
    const { activeCount } = this.#interpreter.transactions;
    if (activeCount > 0)
      process.stderr.write(
        `memstore: open transactions at the end of the script were rolled back: ${activeCount}\n`,
      );
    return this.#hasFailed ? exitCodes.failed : exitCodes.ok;
  }
}
