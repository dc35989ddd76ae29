import { covers, toKeyRange } from '../../../src/contract/key-range.ts';
import type {
  HistoryTransaction,
  HistoryValue,
  Operation,
  ReadValue,
  TransactionId,
} from '../../../src/testing/history/index.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';

/** The isolation of a simulated store, from none to strict serializability. */
export type Isolation = 'read-uncommitted' | 'read-committed' | 'snapshot' | 'stale-serial' | 'serializable';

export interface SimulationOptions {
  readonly seed: number;
  readonly isolation: Isolation;
  readonly transactions: number;
  readonly operations: number;
  readonly keys: number;
  readonly clients: number;
  readonly kind: 'list' | 'register';
  /** The relative frequency of each operation. */
  readonly deletes?: boolean;
  readonly scans?: boolean;
  readonly unknowns?: boolean;
}

export interface Simulation {
  readonly transactions: readonly HistoryTransaction[];
  readonly commitOrder: readonly TransactionId[];
  readonly random: () => number;
}

interface Running {
  readonly id: number;
  readonly beginAt: number;
  readonly snapshotAt: number;
  readonly operations: Operation[];
  readonly writes: Map<string, ReadValue>;
  readonly undo: [string, ReadValue][];
  readonly readKeys: Set<string>;
  readonly readRanges: { from: string; to: string | undefined }[];
  remaining: number;
}

interface Version {
  readonly at: number;
  readonly value: ReadValue;
}

/**
 * Runs random transactions of several clients against a small multi-version store with the given isolation.
 * The operations run one at a time in random order. Returns the history that the clients saw.
 */
export function simulate(options: SimulationOptions): Simulation {
  return new WeakStore(options).run();
}

class WeakStore {
  readonly #options: SimulationOptions;
  readonly #random: () => number;
  readonly #versions = new Map<string, Version[]>();
  readonly #finished: HistoryTransaction[] = [];
  readonly #commitOrder: number[] = [];
  readonly #clients: (Running | undefined)[];
  #clock = 0;
  #commits = 0;
  #nextValue = 1;
  #nextId = 1;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#clients = Array.from({ length: options.clients }, () => undefined);
  }

  run(): Simulation {
    const clients = this.#clients;
    while (this.#nextId <= this.#options.transactions || clients.some((running) => running !== undefined)) {
      const client = this.#below(clients.length);
      const running = clients[client];
      if (running === undefined) {
        if (this.#nextId <= this.#options.transactions) clients[client] = this.#begin();
      } else if (running.remaining > 0) {
        running.remaining--;
        this.#operate(running);
      } else {
        this.#end(running);
        clients[client] = undefined;
      }
    }
    return { transactions: this.#finished, commitOrder: this.#commitOrder, random: this.#random };
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #begin(): Running {
    // A replica that lags behind by a few commits is serializable for readers, but not in real time.
    const lag = this.#options.isolation === 'stale-serial' ? this.#below(4) : 0;
    return {
      id: this.#nextId++,
      beginAt: this.#clock++,
      snapshotAt: Math.max(0, this.#commits - lag),
      operations: [],
      writes: new Map(),
      undo: [],
      readKeys: new Set(),
      readRanges: [],
      remaining: 1 + this.#below(this.#options.operations),
    };
  }

  #operate(running: Running): void {
    const key = `k${this.#below(this.#options.keys)}`;
    const choice = this.#random();
    if (this.#options.scans === true && choice < 0.15) this.#scan(running);
    else if (choice < 0.5 || this.#isLocked(running, key)) this.#read(running, key);
    else if (this.#options.kind === 'list') this.#append(running, key);
    else if (this.#options.deletes === true && choice < 0.65) this.#delete(running, key);
    else this.#write(running, key);
  }

  #read(running: Running, key: string): void {
    running.readKeys.add(key);
    running.operations.push({ type: 'read', key, value: this.#visible(running, key) });
  }

  #append(running: Running, key: string): void {
    running.readKeys.add(key);
    const value = this.#nextValue++;
    const list = this.#visible(running, key);
    this.#put(running, key, [...(typeof list === 'object' ? list : []), value]);
    running.operations.push({ type: 'append', key, value });
  }

  #write(running: Running, key: string): void {
    const value: HistoryValue = this.#nextValue++;
    this.#put(running, key, value);
    running.operations.push({ type: 'write', key, value });
  }

  #delete(running: Running, key: string): void {
    running.readKeys.add(key);
    if (this.#visible(running, key) === undefined) {
      running.operations.push({ type: 'read', key, value: undefined });
      return;
    }
    this.#put(running, key, undefined);
    running.operations.push({ type: 'delete', key });
  }

  #scan(running: Running): void {
    const start = this.#below(this.#options.keys);
    const range = toKeyRange({ gte: `k${start}`, lt: this.#random() < 0.5 ? 'l' : `k${start + 2}` });
    running.readRanges.push(range);
    const keys = new Set([...this.#versions.keys(), ...running.writes.keys()]);
    const entries: [string, ReadValue][] = [];
    for (const key of keys) {
      const value = covers(range, key) ? this.#visible(running, key) : undefined;
      if (value !== undefined) entries.push([key, value]);
    }
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    running.operations.push({ type: 'scan', range, entries });
  }

  #visible(running: Running, key: string): ReadValue {
    if (running.writes.has(key)) return running.writes.get(key);
    const versions = this.#versions.get(key) ?? [];
    const readsLatest =
      this.#options.isolation === 'read-committed' || this.#options.isolation === 'read-uncommitted';
    return (readsLatest ? versions.at(-1) : versions.findLast(({ at }) => at <= running.snapshotAt))?.value;
  }

  #put(running: Running, key: string, value: ReadValue): void {
    if (this.#options.isolation !== 'read-uncommitted') {
      running.writes.set(key, value);
      return;
    }
    running.undo.push([key, this.#visible(running, key)]);
    this.#install(key, value);
  }

  #install(key: string, value: ReadValue): void {
    const versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, [{ at: this.#commits, value }]);
    else versions.push({ at: this.#commits, value });
  }

  /** Read committed also locks its writes until the end of the transaction. */
  #isLocked(running: Running, key: string): boolean {
    if (this.#options.isolation !== 'read-committed') return false;
    return this.#clients.some((other) => other !== running && other?.writes.has(key) === true);
  }

  #end(running: Running): void {
    const commits = this.#random() > 0.1 && this.#mayCommit(running);
    if (commits) {
      this.#commits++;
      for (const [key, value] of running.writes) this.#install(key, value);
      this.#commitOrder.push(running.id);
    } else {
      for (const [key, value] of running.undo.toReversed()) this.#install(key, value);
    }
    const unknown = this.#options.unknowns === true && this.#random() < 0.2;
    const { id, beginAt, operations } = running;
    const status = unknown ? 'unknown' : commits ? 'committed' : 'aborted';
    this.#finished.push({ id, status, beginAt, endAt: this.#clock++, operations });
  }

  #mayCommit(running: Running): boolean {
    const changed = (key: string): boolean => (this.#versions.get(key)?.at(-1)?.at ?? 0) > running.snapshotAt;
    switch (this.#options.isolation) {
      case 'read-uncommitted':
      case 'read-committed':
        return true;
      case 'snapshot':
        return ![...running.writes.keys()].some(changed);
      case 'stale-serial':
        // A reader may lag behind. A writer is checked like any other transaction.
        if (running.writes.size === 0) return true;
        break;
      case 'serializable':
    }
    if ([...running.readKeys].some(changed)) return false;
    return ![...this.#versions.keys()].some(
      (key) => changed(key) && running.readRanges.some((range) => covers(range, key)),
    );
  }
}
