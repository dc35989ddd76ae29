import type { DiskRecord } from './record.ts';

/** How much one flush takes. A single commit that is larger goes by itself. */
const MAX_GROUP_BYTES = 32 * 1024 * 1024;
const MAX_GROUP_RECORDS = 50_000;

/** How much may be handed over and not be flushed yet. */
export interface HandOver {
  readonly bytes: number;
  readonly commits: number;
}

/** A commit that is not on disk yet. */
interface Waiting {
  readonly records: readonly DiskRecord[];
  readonly bytes: number;
  /** True when its transaction was told that it is committed already. */
  readonly isHandedOver: boolean;
  settle(error?: unknown): void;
}

/**
 * Lets commits share a flush: while one group is being written, whoever comes next joins the group after it.
 * Commits reach the disk in the order in which they came.
 */
export class GroupCommit {
  readonly #write: (records: readonly DiskRecord[]) => Promise<void>;
  /** Undefined when every commit waits until it is flushed. */
  readonly #handOver: HandOver | undefined;
  #queue: Waiting[] = [];
  #waitingBytes = 0;
  #isRunning = false;
  #idle: (() => void)[] = [];
  /** Why what was handed over is still not on disk. */
  #failure: { readonly error: unknown } | undefined;

  /** @param write writes all of it in one transaction and flushes it, or nothing */
  constructor(write: (records: readonly DiskRecord[]) => Promise<void>, handOver?: HandOver) {
    this.#write = write;
    this.#handOver = handOver;
  }

  /** Resolves when the commit is on disk, or handed over if that is allowed and there is room. */
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
   * Resolves when nothing waits any more.
   * @throws what kept commits that were handed over from the disk, as a rejection
   */
  async flushed(): Promise<void> {
    if (this.#queue.length > 0) this.#start();
    if (this.#isRunning) await new Promise<void>((resolve) => this.#idle.push(resolve));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Once something failed, or somebody waits, the next have to wait too: they must not overtake. */
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

  /** Not before the turn is over, so that all who commit in it share the flush. */
  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      if (!(await this.#flush(group))) break;
      // Those who heard of it commit again in this turn: one flush more for all of them, and not one each.
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

  /** Returns whether to go on. */
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

  /** One that does not fit must not take the others with it. A single one gets its second chance here too. */
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
   * What was handed over cannot be taken back: it is tried again with the next commit, and none overtakes it.
   */
  #stop(error: unknown): void {
    this.#failure = { error };
    const refused = this.#queue.filter((waiting) => !waiting.isHandedOver);
    this.#queue = this.#queue.filter((waiting) => waiting.isHandedOver);
    this.#waitingBytes = this.#queue.reduce((total, waiting) => total + waiting.bytes, 0);
    for (const waiting of refused) waiting.settle(error);
  }

  /** REQUIRES: they are the first of the queue. */
  #remove(done: readonly Waiting[]): void {
    this.#queue.splice(0, done.length);
    for (const { bytes } of done) this.#waitingBytes -= bytes;
  }
}

/** A key that several commits of a group write is written once. */
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
