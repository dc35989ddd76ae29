import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { exitCodes } from '../exit-codes.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import type { Answer } from './answer.ts';
import { Interpreter, type Task, toMemStoreError } from './interpreter.ts';
import { jsonAnswer, jsonError } from './json-answer.ts';

/** Commands that are sent before their answers are there; more of a long script are not read ahead. */
const MOST_AHEAD = 1_000;

/**
 * Runs the commands of standard input, one a line, and answers each with a line of JSON, in their order. Gives the
 * exit status: that of failure when a command failed.
 *
 * As on the wire, commands of one transaction take effect in order, those of different transactions side by side. A
 * command without a transaction waits for those without one before it, and for the commits and rollbacks before it.
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
  /** Ends when every answer before has been printed. */
  #printed: Promise<void> = Promise.resolve();
  /** Ends with the last command that those without a transaction wait for. */
  #alone: Promise<unknown> = Promise.resolve();
  #ahead = 0;
  #onRoom: () => void = () => {};
  #hasFailed = false;

  constructor(interpreter: Interpreter) {
    this.#interpreter = interpreter;
  }

  async take(line: string): Promise<void> {
    if (this.#ahead >= MOST_AHEAD)
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
      // A long script is not run faster than its answers are read.
      if (!process.stdout.write(`${await line}\n`)) await once(process.stdout, 'drain');
      this.#ahead--;
      this.#onRoom();
    });
  }

  async end(): Promise<number> {
    await this.#printed;
    const { activeCount } = this.#interpreter.transactions;
    if (activeCount > 0)
      process.stderr.write(`memstore: transactions left open were rolled back: ${activeCount}\n`);
    return this.#hasFailed ? exitCodes.failed : exitCodes.ok;
  }
}
