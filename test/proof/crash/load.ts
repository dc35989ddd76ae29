import { seededRandom } from 'memstore-tx/testing';

/**
 * What the workers of a heavy load write, as a function of nothing but the seed, the worker and the number of
 * its commit, so that whoever looks at the disk later can tell what has to be there.
 */
export const WORKERS = 16;
/** Workers of the same remainder share a counter, and wait for each other's flush because of it. */
export const COUNTERS = 8;
const KEYS = 12;

export interface PlannedWrite {
  readonly key: string;
  /** Undefined to delete the key. */
  readonly value: string | undefined;
}

/** The keys of a worker: short, outside the first plane of Unicode, and longer than LMDB's keys can be. */
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

/** What the commit of this number writes besides the number itself and the counter. */
export function plannedWrites(seed: number, worker: number, number: number): PlannedWrite[] {
  const random = seededRandom(seed * 1_000_003 + worker * 10_007 + number);
  const writes = new Map<string, string | undefined>();
  for (let count = 1 + Math.floor(random() * 5); count > 0; count--) {
    const key = keyOf(worker, Math.floor(random() * KEYS));
    // Some values have pages of their own in LMDB.
    const length = random() < 0.1 ? 20_000 : random() * 300;
    writes.set(key, random() < 0.25 ? undefined : `${number}:${'x'.repeat(length)}`);
  }
  return Array.from(writes, ([key, value]) => ({ key, value }));
}

/** What a worker's keys hold after so many of its commits, given what they held after fewer. */
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
