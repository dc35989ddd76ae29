import type { Journal, JournalCommit, JournalEntry, JournalStrategy } from '../../src/journal/journal.ts';

/** Something that the disk has been asked for and does when it is released. */
type HeldStep = () => void;

/**
 * A disk in memory that outlives the journals on it, and misbehaves when it is told to:
 *
 * ```ts
 * const disk = new MemoryDisk();
 * const store = new MemStore({ journal: disk.journal() });
 * disk.hold();                       // appends (and the load) wait from now on
 * await disk.held(2);                // until two of them do
 * disk.release();                    // they settle in order, and later ones at once
 * disk.failNext(new Error('full'));  // the next append rejects and keeps nothing
 * disk.crash(1);                     // the process dies; of what waits, the first is on disk all the same
 * new MemStore({ journal: disk.journal() });  // starts again from what is there
 * ```
 */
export class MemoryDisk {
  /** Everything durable, in order. */
  readonly commits: JournalCommit[] = [];
  #holds = false;
  #queue: HeldStep[] = [];
  #watchers: { count: number; resolve: () => void }[] = [];
  /** How the next appends end, the first one being next: with an error, or well. */
  #failures: (Error | undefined)[] = [];
  #loadFailure: Error | undefined;
  /** Stands for the process whose journal is open. */
  #process: object | undefined;

  /** A strategy for a store that starts on this disk. One journal at a time may be open on it. */
  journal(): JournalStrategy {
    return { name: 'memory', create: () => this.#create() };
  }

  /** True from the creation of a journal until it is closed or dies in a crash. */
  get isOpen(): boolean {
    return this.#process !== undefined;
  }

  /** How many appends wait to be released, a load included. */
  get heldCount(): number {
    return this.#queue.length;
  }

  /** What a store that started now would find. */
  entries(): Map<string, JournalEntry> {
    const entries = new Map<string, JournalEntry>();
    for (const write of this.commits.flatMap(({ writes }) => writes)) {
      if (write.deleted) entries.delete(write.key);
      else entries.set(write.key, write);
    }
    return entries;
  }

  /** From now on every append, and the load, waits until it is released. */
  hold(): void {
    this.#holds = true;
  }

  /** Resolves when at least `count` wait. */
  held(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.push({ count, resolve });
      this.#tellWatchers();
    });
  }

  /** Lets the first `count` that wait happen, in order; without a count all of them, and holds no more. */
  release(count?: number): void {
    if (count === undefined) this.#holds = false;
    for (const step of this.#queue.splice(0, count ?? this.#queue.length)) step();
  }

  /** The next append rejects with the error and keeps nothing. */
  failNext(error: Error): void {
    this.failNth(1, error);
  }

  /** The `nth` append from now on (1 is the next one) rejects with the error and keeps nothing. */
  failNth(nth: number, error: Error): void {
    while (this.#failures.length < nth) this.#failures.push(undefined);
    this.#failures[nth - 1] = error;
  }

  /** The next load rejects with the error after its first batch. */
  failLoad(error: Error): void {
    this.#loadFailure = error;
  }

  /**
   * The process dies: what waits never settles, nor does anything that its journal is asked for later. The
   * first `kept` that wait are on disk nevertheless, whole: their success was not heard any more. (For a
   * seeded crash: `disk.crash(Math.floor(random() * (disk.heldCount + 1)))`.)
   */
  crash(kept = 0): void {
    this.#process = undefined;
    for (const step of this.#queue.splice(0).slice(0, kept)) step();
    this.#holds = false;
    this.#failures = [];
    this.#loadFailure = undefined;
  }

  #create(): Journal {
    if (this.#process !== undefined) throw new Error('another journal is open on this disk');
    const process = {};
    this.#process = process;
    let unsettled = 0;
    /** What a process hears of its disk: nothing any more once it is dead. */
    const heard = <R>(answer: Promise<R>): Promise<R> =>
      new Promise((resolve, reject) => {
        answer.then(
          (value) => this.#process === process && resolve(value),
          (error) => this.#process === process && reject(error),
        );
      });
    return {
      load: () => this.#load(heard),
      append: (commit) => {
        if (this.#process !== process) return new Promise(() => {});
        unsettled++;
        return heard(this.#append(commit).finally(() => unsettled--));
      },
      close: async () => {
        if (unsettled > 0) throw new Error(`closed with ${unsettled} appends under way`);
        if (this.#process === process) this.#process = undefined;
      },
    };
  }

  async *#load(heard: (answer: Promise<void>) => Promise<void>): AsyncGenerator<readonly JournalEntry[]> {
    await heard(this.#step(() => {}));
    const entries = [...this.entries().values()].map((entry) => structuredClone(entry));
    // Two batches, so that a reader which stops after the first one is found out.
    const half = Math.ceil(entries.length / 2);
    yield entries.slice(0, half);
    const failure = this.#loadFailure;
    this.#loadFailure = undefined;
    if (failure !== undefined) throw failure;
    yield entries.slice(half);
  }

  async #append(commit: JournalCommit): Promise<void> {
    const failure = this.#failures.shift();
    // Copied when it is called and not when it is done, so that what a store changes meanwhile is not kept.
    const copy = structuredClone(commit);
    await this.#step(() => {
      if (failure !== undefined) throw failure;
      this.commits.push(copy);
    });
  }

  /** Does something now, or when it is released. */
  #step(action: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          action();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      if (!this.#holds) {
        step();
        return;
      }
      this.#queue.push(step);
      this.#tellWatchers();
    });
  }

  #tellWatchers(): void {
    const due = this.#watchers.filter(({ count }) => count <= this.#queue.length);
    this.#watchers = this.#watchers.filter((watcher) => !due.includes(watcher));
    for (const { resolve } of due) resolve();
  }
}
