import type { DiskRecord } from './record.ts';

/** The limits of one flush. A larger single commit gets a flush of its own. */
const MAX_GROUP_BYTES = 32 * 1024 * 1024;
const MAX_GROUP_RECORDS = 50_000;

/**
 * The limits of the queue of handed-over commits. `append` resolves for such commits before they are flushed.
 */
export interface HandOver {
  readonly bytes: number;
  readonly commits: number;
}

/** A commit that is not on disk yet. */
interface Waiting {
  readonly records: readonly DiskRecord[];
  readonly bytes: number;
  /** True if `append` has already resolved for this commit. */
  readonly isHandedOver: boolean;
  settle(error?: unknown): void;
}

/**
 * Lets commits share a flush. Commits that arrive while one group is being written form the next group.
 * Commits reach the disk in the order in which they were appended.
 */
export class GroupCommit {
  readonly #write: (records: readonly DiskRecord[]) => Promise<void>;
  /** The limits of handed-over commits. Undefined if every commit waits until it is flushed. */
  readonly #handOver: HandOver | undefined;
  #queue: Waiting[] = [];
  #waitingBytes = 0;
  #isRunning = false;
  #idle: (() => void)[] = [];
  /** The error that keeps handed-over commits from the disk. */
  #failure: { readonly error: unknown } | undefined;

  /** @param write writes and flushes all records in one transaction, or none of them */
  constructor(write: (records: readonly DiskRecord[]) => Promise<void>, handOver?: HandOver) {
    this.#write = write;
    this.#handOver = handOver;
  }

  /**
   * Resolves when the commit is on disk. If `handOver` is set and has room, resolves as soon as the commit is
   * in the queue.
   */
  append(records: readonly DiskRecord[]): Promise<void> {
    const bytes = sizeOf(records);
    if (this.#takesOver(bytes)) {
      this.#add({ records, bytes, isHandedOver: true, settle: () => {} });
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      this.#add({ records, bytes, isHandedOver: false, settle });
    });
  }

  /**
   * Resolves when the queue is empty.
   * @throws the error that keeps handed-over commits from the disk, as a rejection
   */
  async flush(): Promise<void> {
    if (this.#queue.length > 0) this.#start();
    if (this.#isRunning) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Returns whether a commit may resolve before it is flushed. After a failure, or behind a commit that waits
   * for its flush, it must wait too, so that the order is kept.
   */
  #takesOver(bytes: number): boolean {
    const limit = this.#handOver;
    return (
      limit !== undefined &&
      this.#failure === undefined &&
      this.#queue.length < limit.commits &&
      this.#waitingBytes + bytes <= limit.bytes &&
      this.#queue.at(-1)?.isHandedOver !== false
    );
  }

  #add(waiting: Waiting): void {
    this.#queue.push(waiting);
    this.#waitingBytes += waiting.bytes;
    this.#start();
  }

  /** Starts writing after the current turn, so that all commits of this turn share the flush. */
  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      if (!(await this.#flush(group))) break;
      // Wait one turn: callers that just got their result may commit again, and those commits should share a
      // flush.
      await new Promise(setImmediate);
    }
    this.#isRunning = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #nextGroup(): Waiting[] {
    let bytes = 0;
    let records = 0;
    let count = 0;
    for (const waiting of this.#queue) {
      bytes += waiting.bytes;
      records += waiting.records.length;
      if (count > 0 && (bytes > MAX_GROUP_BYTES || records > MAX_GROUP_RECORDS)) break;
      count++;
    }
    return this.#queue.slice(0, count);
  }

  /** Writes a group. Returns whether to continue with the next group. */
  async #flush(group: readonly Waiting[]): Promise<boolean> {
    try {
      await this.#write(lastOfEachKey(group));
    } catch {
      return this.#flushOneByOne(group);
    }
    this.#failure = undefined;
    this.#remove(group);
    for (const waiting of group) waiting.settle();
    return true;
  }

  /**
   * Writes the commits of a failed group one by one, so that one bad commit does not fail the others. A group
   * of one commit gets a second attempt here.
   */
  async #flushOneByOne(group: readonly Waiting[]): Promise<boolean> {
    for (const waiting of group) {
      try {
        await this.#write(waiting.records);
      } catch (error) {
        if (waiting.isHandedOver) {
          this.#stop(error);
          return false;
        }
        this.#remove([waiting]);
        waiting.settle(error);
        continue;
      }
      this.#failure = undefined;
      this.#remove([waiting]);
      waiting.settle();
    }
    return true;
  }

  /**
   * Stops after a handed-over commit failed. It cannot be undone, because `append` has resolved. So the next
   * commit tries to write it again first.
   */
  #stop(error: unknown): void {
    this.#failure = { error };
    const refused = this.#queue.filter((waiting) => !waiting.isHandedOver);
    this.#queue = this.#queue.filter((waiting) => waiting.isHandedOver);
    this.#waitingBytes = this.#queue.reduce((total, waiting) => total + waiting.bytes, 0);
    for (const waiting of refused) waiting.settle(error);
  }

  /** Removes commits from the queue. REQUIRES: they are the first ones in the queue. */
  #remove(done: readonly Waiting[]): void {
    this.#queue.splice(0, done.length);
    for (const { bytes } of done) this.#waitingBytes -= bytes;
  }
}

/** Returns the last record of each key, so that a key in several commits of a group is written once. */
function lastOfEachKey(group: readonly Waiting[]): readonly DiskRecord[] {
  const [first] = group;
  if (group.length === 1 && first !== undefined) return first.records;
  const records = new Map<string, DiskRecord>();
  for (const waiting of group)
    for (const record of waiting.records) records.set(record.key.toString('latin1'), record);
  return [...records.values()];
}

function sizeOf(records: readonly DiskRecord[]): number {
  return records.reduce((total, { key, value }) => total + key.length + (value?.length ?? 0), 0);
}
