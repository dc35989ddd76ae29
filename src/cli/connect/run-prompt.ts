import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import { colorsFor } from '../colors.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatDuration } from '../format.ts';
import type { AnyRemoteStore } from '../open-remote.ts';
import { complete } from './complete.ts';
import { explainError } from './explain-error.ts';
import { GatedOutput } from './gated-output.ts';
import { HistoryFile } from './history-file.ts';
import { Interpreter, toMemStoreError } from './interpreter.ts';
import { prettyAnswer } from './pretty-answer.ts';

/** After this time, a running command gives the prompt back and prints its answer later. */
const PATIENCE_MS = 300;
/** The maximum number of rows of a list if the command has no limit. */
const MAX_ROWS = 1_000;
const HISTORY_LINES = 1_000;

/** Runs the prompt on a terminal until the user exits. Returns the exit status. */
export function runPrompt(store: AnyRemoteStore, where: string): Promise<number> {
  return new Promise((resolve) => {
    new Prompt(store, where, () => resolve(exitCodes.ok)).start();
  });
}

/** A command that is running. */
interface Running {
  readonly line: string;
  readonly controller: AbortController;
  transactionId: number | undefined;
  /** True if the prompt was given back meanwhile, so that the answer must name its command. */
  isLate: boolean;
}

class Prompt {
  readonly #interpreter: Interpreter;
  readonly #where: string;
  readonly #onLeave: () => void;
  readonly #colors = colorsFor(process.stdout);
  readonly #output = new GatedOutput(process.stdout);
  readonly #history = new HistoryFile();
  readonly #readline: Interface;
  /** The lines that were typed or pasted while a command was running. */
  readonly #ahead: string[] = [];
  readonly #running = new Set<Running>();
  /** True if the prompt is hidden because a command is running. */
  #isBusy = false;
  #isLeaving = false;

  constructor(store: AnyRemoteStore, where: string, onLeave: () => void) {
    this.#interpreter = new Interpreter(store, MAX_ROWS);
    this.#where = where;
    this.#onLeave = onLeave;
    this.#readline = createInterface({
      input: process.stdin,
      output: this.#output,
      terminal: true,
      history: this.#history.load(),
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (line: string, callback: (error: null, result: [string[], string]) => void) => {
        void complete(line, store, this.#interpreter.transactions).then((result) => callback(null, result));
      },
    });
  }

  start(): void {
    const { dim } = this.#colors;
    process.stdout.write(
      `Connected to ${this.#where}. ${dim('HELP lists commands, Tab completes, EXIT quits.')}\n`,
    );
    this.#readline.on('line', (line) => this.#take(line));
    this.#readline.on('SIGINT', () => this.#interrupt());
    this.#readline.on('close', () => this.#leave());
    this.#readline.on('SIGCONT', () => this.#prompt());
    this.#prompt();
  }

  #promptText(): string {
    const { current } = this.#interpreter.transactions;
    if (current === undefined) return 'memstore> ';
    const { id, status, readOnly } = current.tx;
    const state = status === 'aborted' ? ' rolled back' : readOnly ? ' snapshot' : '';
    return `memstore[${id}${state}]> `;
  }

  #prompt(): void {
    this.#isBusy = false;
    this.#output.isOpen = true;
    this.#readline.setPrompt(this.#promptText());
    this.#readline.prompt(true);
  }

  #take(line: string): void {
    if (this.#isBusy || this.#ahead.length > 0) this.#ahead.push(line);
    else this.#run(line);
  }

  #run(line: string): void {
    this.#isBusy = true;
    this.#output.isOpen = false;
    const text = line.trim();
    if (text !== '') this.#history.add(text);
    if (/^(exit|quit)$/i.test(text)) this.#readline.close();
    else if (text === '') this.#next();
    else void this.#execute(text).then(() => this.#next());
  }

  /**
   * Runs a command. Resolves when its answer is printed, or when it takes so long that the prompt is given
   * back.
   */
  async #execute(line: string): Promise<void> {
    const running: Running = {
      line,
      controller: new AbortController(),
      transactionId: undefined,
      isLate: false,
    };
    this.#running.add(running);
    const answered = this.#answer(running).then(() => void this.#running.delete(running));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        running.isLate = true;
        process.stdout.write(
          `${this.#colors.dim('… waits. You can type other commands; Ctrl-C cancels it.')}\n`,
        );
        resolve();
      }, PATIENCE_MS);
    });
    await Promise.race([answered, late]);
    clearTimeout(timer);
  }

  async #answer(running: Running): Promise<void> {
    const { line, controller } = running;
    const look = { colors: this.#colors, width: process.stdout.columns };
    const start = performance.now();
    let time = '';
    const text = await Promise.resolve()
      .then(() => {
        const task = this.#interpreter.prepare(line, controller.signal);
        running.transactionId = task.transactionId;
        return task.run();
      })
      .finally(() => {
        time = this.#colors.dim(`(${formatDuration(performance.now() - start)})`);
      })
      .then((answer) => {
        // The list of commands did not come from the server, so its time means nothing.
        if (answer.kind === 'help') time = '';
        return prettyAnswer(answer, look);
      })
      .catch((error: unknown) => {
        const failure = toMemStoreError(error);
        // The user pressed Ctrl-C and needs no explanation.
        return failure.code === 'ABORTED' && controller.signal.aborted
          ? 'Cancelled.'
          : explainError(failure, look);
      });
    if (this.#isLeaving) return;
    // Print the time after an answer of one line, and below a longer one.
    const gap = text.includes('\n') ? '\n' : '  ';
    const timed = time === '' ? text : `${text}${gap}${time}`;
    if (!running.isLate) {
      process.stdout.write(`${timed}\n`);
      return;
    }
    const scope = running.transactionId === undefined ? '' : `[${running.transactionId}] `;
    this.#printAbove(`${this.#colors.dim(`${scope}${line} →`)}${text.includes('\n') ? '\n' : ' '}${timed}`);
  }

  /** Prints text above the line that is being edited, and redraws that line. */
  #printAbove(text: string): void {
    if (this.#isBusy) {
      process.stdout.write(`${text}\n`);
      return;
    }
    // Readline moves up to the first row of the line before it redraws the line.
    const { rows } = this.#readline.getCursorPos();
    moveCursor(process.stdout, 0, -rows);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    process.stdout.write(`${text}\n${'\n'.repeat(rows)}`);
    this.#prompt();
  }

  #next(): void {
    if (this.#isLeaving) return;
    const line = this.#ahead.shift();
    if (line === undefined) {
      this.#prompt();
      return;
    }
    process.stdout.write(`${this.#promptText()}${line}\n`);
    this.#run(line);
  }

  #interrupt(): void {
    this.#ahead.length = 0;
    if (this.#running.size > 0) {
      for (const { controller } of this.#running) controller.abort();
      return;
    }
    const isEmpty = this.#readline.line === '';
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
    process.stdout.write(`^C\n${isEmpty ? this.#colors.dim('(Ctrl-D or EXIT quits)\n') : ''}`);
    this.#prompt();
  }

  #leave(): void {
    this.#isLeaving = true;
    this.#output.isOpen = true;
    const { activeCount } = this.#interpreter.transactions;
    const rolledBack = activeCount === 0 ? '' : `Open transactions that were rolled back: ${activeCount}. `;
    process.stdout.write(`${this.#isBusy ? '' : '\n'}${rolledBack}Bye.\n`);
    this.#output.destroy();
    this.#onLeave();
  }
}
