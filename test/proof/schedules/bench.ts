import { lru, MemStore, type Transaction } from 'memstore-tx';
import { FakeClock } from '../../../src/testing/fake-clock.ts';
import { HeldJournal } from '../../memory/held-journal.ts';
import { KEYS, type Key, type Program } from './program.ts';
import { initialState, type Setup, strategies } from './setup.ts';

export type AnyTransaction = Transaction<Record<string, unknown>>;

export const LOCK_TIMEOUT_MS = 1_000;
export const IDLE_TIMEOUT_MS = 1_000;
/**
 * The TTL of an entry, in milliseconds. It is less than the lock timeout, so that an entry can expire before
 * a wait times out.
 */
export const TTL_MS = 500;
/** A key that no program uses and no range contains. */
const FILLER = 'c';
// A sweep that finds only locked entries is repeated after 100 ms.
const SWEEP_RETRY_MS = 200;

/**
 * Resolves after everything has happened that can happen while the clock stands still. The callbacks of
 * `setImmediate` run when no microtask is left.
 */
export function quiescence(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The store on which all schedules of one program run. A schedule leaves nothing behind except committed
 * entries.
 */
export class Bench {
  readonly setup: Setup;
  readonly program: Program;
  readonly clock: FakeClock = new FakeClock();
  readonly store: MemStore<Record<string, unknown>>;
  readonly journal: HeldJournal | undefined;
  /** The keys that were evicted or have expired since this list was last emptied. */
  readonly removals: Key[] = [];
  readonly initial: ReadonlyMap<Key, unknown>;
  #opened = false;
  #filled = false;

  constructor(setup: Setup, program: Program) {
    this.setup = setup;
    this.program = program;
    this.initial = initialState(setup);
    const occurrences = program.environment.map(({ occurrence }) => occurrence);
    const isIdling = occurrences.includes('idle');
    this.journal = occurrences.includes('journal') ? new HeldJournal() : undefined;
    this.store = new MemStore<Record<string, unknown>>({
      ...strategies(setup),
      // The cache has room for both keys, until the event puts another entry.
      ...(occurrences.includes('evict') ? { cache: lru({ max: KEYS.length }) } : {}),
      journal: this.journal,
      clock: this.clock,
      random: () => 0.5,
      lockTimeout: isIdling ? Number.POSITIVE_INFINITY : LOCK_TIMEOUT_MS,
      idleTimeout: isIdling ? IDLE_TIMEOUT_MS : Number.POSITIVE_INFINITY,
    });
    const note = ({ key }: { readonly key: string }): void => {
      this.removals.push(...KEYS.filter((candidate) => candidate === key));
    };
    this.store.on('evict', note);
    this.store.on('expire', note);
  }

  /** Resets the store to the initial state. */
  async reset(): Promise<void> {
    if (!this.#opened) await quiescence();
    this.#opened = true;
    if (this.#filled) await this.#write(this.store.del(FILLER));
    this.#filled = false;
    for (const key of KEYS) {
      const value = this.initial.get(key);
      // Writes one key after the other, so that the order of use is always the same.
      await this.#write(value === undefined ? this.store.del(key) : this.store.put(key, value));
    }
    this.removals.length = 0;
  }

  async #write(promise: Promise<unknown>): Promise<void> {
    await this.settleJournal();
    await promise;
  }

  /** Lets all pending appends of the journal succeed. */
  async settleJournal(): Promise<void> {
    const { journal } = this;
    if (journal === undefined) return;
    await quiescence();
    while (journal.pending > 0) {
      journal.succeed();
      await quiescence();
    }
    journal.commits.length = 0;
  }

  /**
   * Puts one more entry than the cache has room for. If both keys are present, the store must evict a key
   * that is not locked.
   */
  fillCache(): void {
    this.#filled = true;
    // The append of this put may fail. The program does not depend on it.
    this.store.put(FILLER, 'filler').catch(() => {});
  }

  /** Returns whether the store may drop entries that no transaction has deleted. */
  get isBounded(): boolean {
    return (
      this.setup.cache === 'lru' || this.program.environment.some(({ occurrence }) => occurrence === 'evict')
    );
  }

  /** Returns whether an eviction may hold a lock although no transaction of the program holds one. */
  get isEvicting(): boolean {
    return this.isBounded && (this.journal?.pending ?? 0) > 0;
  }

  /** Removes entries that expired while they were locked. */
  sweep(): void {
    this.clock.advance(SWEEP_RETRY_MS);
  }

  /** Returns a description of remaining locks, waits and timers, or `undefined` if there are none. */
  leftovers(): string | undefined {
    const { held, waiting } = this.store.locks();
    const { keepAliveTimers } = this.clock;
    return nothingBut({ held: held.length, waiting: waiting.length, keepAliveTimers });
  }

  /**
   * Returns a description of nonzero counters of the store, or `undefined` if all are zero. The counters need
   * no check after each schedule, because leftovers add up.
   */
  leftoverCounts(): string | undefined {
    const { activeTransactions, activeSnapshots, historyVersions, waitingOperations } = this.store.stats();
    return nothingBut({ activeTransactions, activeSnapshots, historyVersions, waitingOperations });
  }
}

function nothingBut(left: Readonly<Record<string, number>>): string | undefined {
  if (Object.values(left).every((count) => count === 0)) return undefined;
  return `left behind: ${JSON.stringify(left)}`;
}
