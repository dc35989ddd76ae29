import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The progress of a job over all of its runs. */
export interface Progress {
  /** The number of the next program to run. */
  readonly next: number;
  readonly isDone: boolean;
  /**
   * The number of programs that the result covers. `run` is the number of programs that were run. The other
   * programs differ from these only in names.
   */
  readonly programs: number;
  readonly run: number;
  readonly schedules: number;
  readonly pruned: number;
  readonly seconds: number;
}

export const NO_PROGRESS: Progress = {
  next: 0,
  isDone: false,
  programs: 0,
  run: 0,
  schedules: 0,
  pruned: 0,
  seconds: 0,
};

export function addProgress(before: Progress, { next, isDone, ...since }: Progress): Progress {
  return {
    next,
    isDone,
    programs: before.programs + since.programs,
    run: before.run + since.run,
    schedules: before.schedules + since.schedules,
    pruned: before.pruned + since.pruned,
    seconds: before.seconds + since.seconds,
  };
}

export function formatProgress({ programs, run, schedules, pruned, seconds }: Progress): string {
  return (
    `${programs} programs, of which ${run} were run, ${schedules} schedules, ` +
    `${pruned} stopped as equivalent, ${seconds.toFixed(1)} s`
  );
}

/** Stores the progress of jobs, so that a stopped job can continue and no job is done twice. */
export class ProgressFile {
  readonly #path: string | undefined;

  /** @param path the path of the file, or `undefined` to store nothing */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  read(job: string): Progress {
    return this.#all()[job] ?? NO_PROGRESS;
  }

  write(job: string, progress: Progress): void {
    if (this.#path === undefined) return;
    const text = JSON.stringify({ ...this.#all(), [job]: progress }, undefined, 2);
    // If the process is stopped during the write, the old file remains.
    writeFileSync(`${this.#path}.new`, `${text}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }

  #all(): Readonly<Record<string, Progress>> {
    if (this.#path === undefined || !existsSync(this.#path)) return {};
    return JSON.parse(readFileSync(this.#path, 'utf8'));
  }
}
