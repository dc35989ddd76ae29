import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** How far a job came, over all of its runs. */
export interface Progress {
  /** The number of the program to go on with. */
  readonly next: number;
  readonly isDone: boolean;
  /**
   * Programs that the claim is about, and those of them that were run, the others being the same but for
   * names.
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
    `${pruned} given up as equivalent, ${seconds.toFixed(1)} s`
  );
}

/** Where jobs keep how far they came, so that one that was stopped goes on and none is done twice. */
export class ProgressFile {
  readonly #path: string | undefined;

  /** @param path without one, nothing is kept */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  read(job: string): Progress {
    return this.#all()[job] ?? NO_PROGRESS;
  }

  write(job: string, progress: Progress): void {
    if (this.#path === undefined) return;
    const text = JSON.stringify({ ...this.#all(), [job]: progress }, undefined, 2);
    // Whoever stops the process in the middle of this finds the file as it was before.
    writeFileSync(`${this.#path}.new`, `${text}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }

  #all(): Readonly<Record<string, Progress>> {
    if (this.#path === undefined || !existsSync(this.#path)) return {};
    return JSON.parse(readFileSync(this.#path, 'utf8'));
  }
}
