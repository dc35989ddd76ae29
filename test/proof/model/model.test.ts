import fc from 'fast-check';
import {
  hashShards,
  keyLocks,
  lru,
  type MemStoreOptions,
  mutexLocks,
  rangeShards,
  unbounded,
} from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { type Command, commandLists, scanLists } from './command.ts';
import { MemoryJournal } from './memory-journal.ts';
import { DONE } from './outcome.ts';
import { ReferenceStore } from './reference-store.ts';
import { savepointList } from './savepoint-list.ts';
import { DRAIN_MS, StoreUnderTest } from './store-under-test.ts';
import { writeLimitList } from './write-limit-list.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 40);
/** The seed of the lists. A failure prints its seed and path, and the shortest list that still fails. */
const SEED = Number(process.env['MODEL_SEED'] ?? 20_261_125);
const MAX = 4;
const MAX_WRITES = 3;

interface Combination {
  readonly name: string;
  readonly isCoarse: boolean;
  readonly isBounded: boolean;
  readonly hasJournal: boolean;
  readonly options: () => MemStoreOptions;
}

/** Every combination of strategies. */
const COMBINATIONS: readonly Combination[] = [true, false].flatMap((isCoarse) =>
  [true, false].flatMap((isBounded) =>
    [true, false].flatMap((hasRanges) =>
      [true, false].map((hasJournal) => {
        // There are so many stripes that no two of the keys share a stripe.
        const locks = isCoarse ? mutexLocks({ stripes: 1024 }) : keyLocks();
        const shards = hasRanges ? rangeShards({ boundaries: ['b', 'd'] }) : hashShards();
        const cache = isBounded ? lru({ max: MAX }) : unbounded();
        return {
          name: [locks.name, shards.name, cache.name, ...(hasJournal ? ['journal'] : [])].join(', '),
          isCoarse,
          isBounded,
          hasJournal,
          options: () => ({
            locks,
            shards,
            cache,
            maxTransactionWrites: MAX_WRITES,
            // The journal answers immediately in half of the combinations, and with a delay in the others.
            journal: hasJournal ? new MemoryJournal(hasRanges ? 0 : 2) : undefined,
          }),
        };
      }),
    ),
  ),
);

describe('a store behaves like the model', () => {
  it.each(COMBINATIONS)('$name', async (combination) => {
    // Expired entries that are not swept yet count towards the cache limit, which the model does not
    // simulate. So a run has either TTLs or a bounded cache.
    const lists = commandLists(!combination.isBounded);
    await fc.assert(
      fc.asyncProperty(lists, (commands) => run(combination, commands)),
      { numRuns: RUNS, seed: SEED, examples: [[savepointList], [writeLimitList]] },
    );
  });

  it.each(COMBINATIONS)('$name, scans row by row', async (combination) => {
    await fc.assert(
      fc.asyncProperty(scanLists(), (commands) => run(combination, commands)),
      { numRuns: 2 * RUNS, seed: SEED },
    );
  });
});

async function run(combination: Combination, commands: Command[]): Promise<void> {
  const { isCoarse, isBounded, hasJournal, options } = combination;
  const max = isBounded ? MAX : Number.POSITIVE_INFINITY;
  const model = new ReferenceStore({ isCoarse, max, maxWrites: MAX_WRITES, hasJournal });
  const real = new StoreUnderTest(options());
  const both = async (command: Command): Promise<void> => {
    const expected = model.apply(command);
    if (expected === undefined) return;
    expect(await real.do(command), JSON.stringify(command)).toEqual(expected);
    await real.settle();
    if (isScan(command) && 'code' in expected && expected.code === 'LOCK_UNAVAILABLE') {
      // The model does not predict how much a failed scan has locked, so its transaction is rolled back.
      await both({ ...command, does: { type: 'rollback' } });
    }
    await sweep(model, real);
    expect(real.store.stats()).toMatchObject({
      entries: model.rows.size,
      activeTransactions: model.open.length,
      activeSnapshots: model.openSnapshots.length,
      waitingOperations: 0,
    });
  };
  for (const command of commands) await both(command);
  if (hasJournal) await drain(model, real);
  else await both({ by: 'operator', does: 'rollbackAll' });
  const expected = [...model.rows.entries()].map(([key, { value }]) => [key, value]);
  expect(await real.contents()).toEqual(expected);
}

/** Closes the store while transactions are open. The first transaction commits in time. */
async function drain(model: ReferenceStore, real: StoreUnderTest): Promise<void> {
  const [committing] = model.open;
  const commit: Command | undefined =
    committing === undefined ? undefined : { by: committing, patience: 'refuse', does: { type: 'commit' } };
  const expected = commit === undefined ? DONE : model.apply(commit);
  expect(await real.close(committing)).toEqual(expected);
  model.apply({ by: 'clock', ms: DRAIN_MS });
  model.apply({ by: 'operator', does: 'rollbackAll' });
}

/**
 * Advances the clock until expired entries are swept. A sweep that meets locked entries is repeated after up
 * to 100 ms.
 */
async function sweep(model: ReferenceStore, real: StoreUnderTest): Promise<void> {
  for (let sweeps = 0; sweeps < 3 && real.store.stats().entries > model.rows.size; sweeps++) {
    const pass: Command = { by: 'clock', ms: 101 };
    model.apply(pass);
    await real.do(pass);
  }
}

function isScan(command: Command): command is Extract<Command, { by: number }> {
  return typeof command.by === 'number' && command.does.type === 'scan';
}
