import type { Journal, JournalCommit, JournalEntry, JournalStrategy } from '../../src/journal/journal.ts';

/** An operation that waits until the test releases it. */
type HeldStep = () => void;

/**
 * A disk in memory that outlives its journals, and fails when a test asks it to:
 *
 * ```ts
 * const disk = new MemoryDisk();
 * const store = new MemStore({ journal: disk.journal() });
 * disk.hold();                       // appends and the load wait from now on
 * await disk.held(2);                // resolves when two of them wait
 * disk.release();                    // they settle in order, and later appends settle immediately
 * disk.failNext(new Error('full'));  // the next append rejects and stores nothing
 * disk.crash(1);                     // kills the process; the first waiting append is stored all the same
 * new MemStore({ journal: disk.journal() });  // loads the stored entries
 * ```
 */
export class MemoryDisk {
  /** All stored commits, in order. */
  readonly commits: JournalCommit[] = [];
  #holds = false;
  #queue: HeldStep[] = [];
  #watchers: { count: number; resolve: () => void }[] = [];
  /** The results of the next appends, in order: an error, or `undefined` for a success. */
  #failures: (Error | undefined)[] = [];
  #loadFailure: Error | undefined;
  /** The process that has the journal open. */
  #process: object | undefined;

  /** Returns a strategy for a store on this disk. Only one journal may be open at a time. */
  journal(): JournalStrategy {
    return { name: 'memory', create: () => this.#create() };
  }

  /** Whether a journal is open: it was created, and neither closed nor ended by a crash. */
  get isOpen(): boolean {
    return this.#process !== undefined;
  }

  /** The number of operations that wait to be released, including a load. */
  get heldCount(): number {
    return this.#queue.length;
  }

  /** Returns the entries that a store would load now. */
  entries(): Map<string, JournalEntry> {
    const entries = new Map<string, JournalEntry>();
    for (const write of this.commits.flatMap(({ writes }) => writes)) {
      if (write.deleted) entries.delete(write.key);
      else entries.set(write.key, write);
    }
    return entries;
  }

  /** Holds every append and the load from now on, until they are released. */
  hold(): void {
    this.#holds = true;
  }

  /** Resolves when at least `count` operations wait. */
  held(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#watchers.push({ count, resolve });
      this.#tellWatchers();
    });
  }

  /**
   * Runs the first `count` waiting operations in order. Without a count, runs all of them and stops holding
   * new operations.
   */
  release(count?: number): void {
    if (count === undefined) this.#holds = false;
    for (const step of this.#queue.splice(0, count ?? this.#queue.length)) step();
  }

  /** Makes the next append reject with the error and store nothing. */
  failNext(error: Error): void {
    this.failNth(1, error);
  }

  /** Makes the `nth` append from now on reject with the error and store nothing (1 is the next append). */
  failNth(nth: number, error: Error): void {
    while (this.#failures.length < nth) this.#failures.push(undefined);
    this.#failures[nth - 1] = error;
  }

  /** Makes the next load reject with the error after its first batch. */
  failLoad(error: Error): void {
    this.#loadFailure = error;
  }

  /**
   * Kills the process: waiting operations and later ones of its journal never settle. The first `kept`
   * waiting appends are stored completely all the same. (For a seeded crash: `disk.crash(Math.floor(random()
   * * (disk.heldCount + 1)))`.)
   */
  crash(kept = 0): void {
    this.#process = undefined;
    for (const step of this.#queue.splice(0).slice(0, kept)) step();
    this.#holds = false;
    this.#failures = [];
    this.#loadFailure = undefined;
  }

  #create(): Journal {
    if (this.#process !== undefined)
      throw new Error('Another journal is open on this disk; close it first, or call crash().');
    const process = {};
    this.#process = process;
    let unsettled = 0;
    /**
     * Passes on an answer of the disk while the process is alive. After a crash, the promise never settles.
     */
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
        if (unsettled > 0)
          throw new Error(`The journal was closed with ${unsettled} appends under way; await them first.`);
        if (this.#process === process) this.#process = undefined;
      },
    };
  }

  async *#load(heard: (answer: Promise<void>) => Promise<void>): AsyncGenerator<readonly JournalEntry[]> {
    await heard(this.#step(() => {}));
    const entries = [...this.entries().values()].map((entry) => structuredClone(entry));
    // The entries come in two batches. A reader that stops after the first batch fails its test.
    const half = Math.ceil(entries.length / 2);
    yield entries.slice(0, half);
    const failure = this.#loadFailure;
    this.#loadFailure = undefined;
    if (failure !== undefined) throw failure;
    yield entries.slice(half);
  }

  async #append(commit: JournalCommit): Promise<void> {
    const failure = this.#failures.shift();
    // The commit is copied now, so that later changes of its values are not stored.
    const copy = structuredClone(commit);
    await this.#step(() => {
      if (failure !== undefined) throw failure;
      this.commits.push(copy);
    });
  }

  /** Does the action now, or when it is released. */
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
