import {
  MemStore,
  MemStoreError,
  type MemStoreOptions,
  mutexLocks,
  type Store,
  type Transaction,
} from 'memstore-tx';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import {
  checkHistory,
  formatReport,
  type RecordedValue,
  recordHistory,
} from '../../src/testing/history/index.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { storeSuite } from '../../src/testing/suites/store/store-suite.ts';
import { onlyInFullRun } from '../run-size.ts';

// The store divides long work into turns. Here all work counts as long, and a turn has one step.
vi.mock('../../src/lifecycle/turn-limits.ts', () => ({
  TURN_MS: 0,
  STEPS_PER_LOOK: 1,
  MAX_PUBLISHED_AT_ONCE: 0,
  MAX_RELEASED_AT_ONCE: 1,
  MAX_UNDONE_AT_ONCE: 1,
}));

/** Skipped in a fast run: a scan of thousands of keys takes one turn for each key, which is 20 s in total. */
const SKIPPED: Readonly<Record<string, string>> =
  onlyInFullRun === undefined
    ? {}
    : {
        'long scans yield every key once, including own writes': onlyInFullRun,
        'a snapshot of many entries has each once, and no commit beside it is lost': onlyInFullRun,
      };

storeSuite('MemStore that does all work in turns', () => new MemStore(), { describe, it }, { skip: SKIPPED });

const KEYS = Array.from({ length: 8 }, (_, i) => `k${i}`);

type Numbers = Record<string, number>;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The random choices of one client. */
class Dice {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  key(): string {
    return KEYS[Math.floor(this.random() * KEYS.length)] as string;
  }

  keys(): string[] {
    return KEYS.filter(() => this.random() < 0.6);
  }
}

async function scan(source: Pick<Store<Numbers>, 'entries'>, dice: Dice): Promise<void> {
  const limit = dice.random() < 0.5 ? undefined : 3;
  for await (const _ of source.entries({ gte: dice.random() < 0.5 ? undefined : dice.key(), limit }));
}

async function step(tx: Transaction<Numbers>, dice: Dice): Promise<void> {
  const kind = dice.random();
  if (kind < 0.5) await tx.putMany(dice.keys().map((key) => [key, dice.random()] as const));
  else if (kind < 0.6) await tx.getMany(dice.keys());
  else if (kind < 0.8) for (const key of dice.keys()) await tx.del(key);
  else if (kind < 0.9) await tx.put(dice.key(), dice.random());
  else await scan(tx, dice);
}

async function write(store: Store<Numbers>, dice: Dice): Promise<void> {
  for (let round = 0; round < 20; round++)
    await store
      .transaction(async (tx) => {
        const savepoint = await tx.savepoint();
        await step(tx, dice);
        if (dice.random() < 0.2) await tx.rollbackTo(savepoint);
        await step(tx, dice);
        if (dice.random() < 0.2) await tx.rollback();
      })
      .catch((error: unknown) => {
        if (!(error instanceof MemStoreError)) throw error;
      });
}

/** Reads without locks, between the turns of the writers. */
async function read(store: Store<Numbers>, dice: Dice): Promise<void> {
  for (let round = 0; round < 60; round++) {
    await nextTurn();
    const kind = dice.random();
    if (kind < 0.4) await store.getMany(KEYS);
    else if (kind < 0.6) await scan(store, dice);
    else if (kind < 0.7) await store.put(dice.key(), dice.random());
    else
      await store.transaction(
        async (tx) => {
          await tx.getMany(dice.keys());
          await nextTurn();
          await (dice.random() < 0.5 ? scan(tx, dice) : tx.getMany(KEYS));
        },
        { readOnly: true },
      );
  }
}

describe('random histories of a store that does all work in turns', () => {
  const setups: [name: string, options: MemStoreOptions][] = [
    ['keyLocks', {}],
    ['mutexLocks', { locks: mutexLocks({ stripes: 1024 }) }],
  ];
  const cases = setups.flatMap(([name, options]) => [1, 2, 3, 4].map((seed) => ({ name, options, seed })));

  it.each(cases)('are strictly serializable: $name, seed $seed', async ({ options, seed }) => {
    const clock = { ...systemClock, yieldTurn: nextTurn };
    const inner = new MemStore<Record<string, RecordedValue>>({ ...options, clock });
    const recorder = recordHistory<Numbers>(inner);
    const { store } = recorder;
    const dice = (client: number): Dice => new Dice(100 * seed + client);
    await Promise.all([
      ...[1, 2, 3].map((client) => write(store, dice(client))),
      ...[4, 5, 6].map((client) => read(store, dice(client))),
    ]);
    const history = recorder.history();
    const report = checkHistory(history);
    expect(report.valid, formatReport(report)).toBe(true);
    expect(history.transactions.filter(({ status }) => status === 'committed').length).toBeGreaterThan(60);
    expect(inner.locks()).toEqual({ held: [], waiting: [] });
    expect(inner.stats()).toMatchObject({ activeTransactions: 0, historyVersions: 0 });
  });
});
