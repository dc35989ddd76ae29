import { seededRandom } from 'memstore-tx/testing';

/**
 * The number of workers. The writes of each commit depend only on the seed, the worker and the commit number.
 * So a check can compute the expected content of the disk.
 */
export const WORKERS = 16;
/**
 * The number of counters. Workers with the same remainder share a counter, so they wait for each other's
 * flush.
 */
export const COUNTERS = 8;
const KEYS = 12;

export interface PlannedWrite {
  readonly key: string;
  /** The value, or `undefined` to delete the key. */
  readonly value: string | undefined;
}

/**
 * Returns a key of a worker. Some keys are short, some have characters outside the BMP, and some are longer
 * than LMDB allows.
 */
function keyOf(worker: number, index: number): string {
  const tail = index % 4 === 0 ? `\u{1f600}${index}` : index % 4 === 1 ? 'k'.repeat(2_000) : 'k';
  return `worker:${worker}:${index}:${tail}`;
}

export function numberKey(worker: number): string {
  return `worker:${worker}:number`;
}

export function counterKey(worker: number): string {
  return `counter:${worker % COUNTERS}`;
}

/** Returns the writes of one commit, except the commit number and the counter. */
export function plannedWrites(seed: number, worker: number, number: number): PlannedWrite[] {
  const random = seededRandom(seed * 1_000_003 + worker * 10_007 + number);
  const writes = new Map<string, string | undefined>();
  for (let count = 1 + Math.floor(random() * 5); count > 0; count--) {
    const key = keyOf(worker, Math.floor(random() * KEYS));
    // Some values are large enough to get their own pages in LMDB.
    const length = random() < 0.1 ? 20_000 : random() * 300;
    writes.set(key, random() < 0.25 ? undefined : `${number}:${'x'.repeat(length)}`);
  }
  return Array.from(writes, ([key, value]) => ({ key, value }));
}

/** Computes the entries of a worker after a given number of its commits. */
export class WorkerModel {
  readonly #seed: number;
  readonly #worker: number;
  #number = 0;
  readonly entries: Map<string, unknown> = new Map();

  constructor(seed: number, worker: number) {
    this.#seed = seed;
    this.#worker = worker;
  }

  advanceTo(number: number): void {
    while (this.#number < number) {
      this.#number++;
      for (const { key, value } of plannedWrites(this.#seed, this.#worker, this.#number)) {
        if (value === undefined) this.entries.delete(key);
        else this.entries.set(key, value);
      }
      this.entries.set(numberKey(this.#worker), this.#number);
    }
  }
}
