import {
  type CacheStrategy,
  hashShards,
  keyLocks,
  type LockStrategy,
  lru,
  type MemStoreOptions,
  mutexLocks,
  rangeShards,
  type ShardStrategy,
  unbounded,
} from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { DelayedJournal } from './delayed-journal.ts';
import { Dice } from './dice.ts';
import { RunContext } from './run-context.ts';

/** The parameters of a run, derived from its seed. */
export interface RunSetup {
  readonly seed: number;
  /** The names of the strategies. */
  readonly name: string;
  readonly context: RunContext;
  readonly journal: DelayedJournal | undefined;
  readonly workers: number;
  /** The maximum number of entries when nothing is locked. */
  readonly maxEntries: number;
  readonly options: MemStoreOptions & { readonly shards: ShardStrategy };
}

/** The number of consecutive seeds that cover every combination of strategies. */
export const COMBINATIONS = 16;

/**
 * Derives the parameters of a run from its seed.
 * @param replacing - strategies that replace those of the seed.
 */
export function setupOf(seed: number, replacing: { readonly locks?: LockStrategy } = {}): RunSetup {
  const dice = new Dice(seed);
  const clock = new FakeClock();
  const [hot, cold] = [dice.between(2, 5), dice.between(4, 40)];
  const maxEntries = dice.between(hot, Math.ceil((hot + cold) / 2));
  const locks =
    replacing.locks ?? (bit(seed, 0) ? mutexLocks({ stripes: dice.pick([1, 4, 64]) }) : keyLocks());
  const shards = bit(seed, 1) ? rangeShards({ boundaries: ['c003', 'h', 'h001'] }) : hashShards();
  const cache = bit(seed, 2) ? boundedCache(dice, maxEntries) : unbounded();
  const journal = bit(seed, 3) ? new DelayedJournal(clock, dice, 0.02) : undefined;
  const workers = dice.between(3, 12);
  return {
    seed,
    name: [locks.name, shards.name, cache.name, journal === undefined ? 'no journal' : 'journal'].join(', '),
    context: new RunContext(dice, clock, hot, cold, dice.chance(0.7)),
    journal,
    workers,
    maxEntries: bit(seed, 2) ? maxEntries : Number.POSITIVE_INFINITY,
    options: {
      locks,
      shards,
      cache,
      journal,
      clock,
      random: dice.random,
      lockTimeout: LONG_WAIT_MS,
      idleTimeout: 40,
      maxActiveTransactions: dice.chance(0.3) ? Math.max(2, workers - 2) : undefined,
      maxHistoryVersions: dice.chance(0.3) ? dice.between(0, 20) : undefined,
    },
  };
}

/** Longer than any transaction of a run. A lock wait of this length means that the waiter is stuck. */
export const LONG_WAIT_MS = 20_000;

function boundedCache(dice: Dice, maxEntries: number): CacheStrategy {
  const ttl = dice.chance(0.2) ? 50 : undefined;
  if (dice.chance(0.5)) return lru({ max: maxEntries, ttl });
  return lru({ maxSize: 2 * maxEntries, sizeOf: (value) => 2 + (Number(value) % 3), ttl });
}

function bit(seed: number, place: number): boolean {
  return ((seed >> place) & 1) === 1;
}
