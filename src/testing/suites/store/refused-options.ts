import type {
  PutOptions,
  RangeOptions,
  RunOptions,
  TransactionOptions,
  WaitOptions,
} from '../../../contract/options.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { assertUnchanged } from './assert-unchanged.ts';
import { collect, collectKeys } from './collect.ts';
import { KEY_OPERATIONS, ONE_SHOTS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';

// The compiler also rejects these options. For JavaScript callers, only the store can check them.
function refused<Options>(...options: readonly object[]): readonly Options[] {
  return options as readonly Options[];
}

const WAIT_OPTIONS = refused<WaitOptions>(
  { lockTimeout: -1 },
  { lockTimeout: Number.NaN },
  { lockTimeout: '10' },
  { lockTimeout: null },
  { signal: {} },
  { signal: 'stop' },
);
const PUT_OPTIONS = refused<PutOptions>({ ttl: -1 }, { ttl: Number.NaN }, { ttl: 'x' }, { ttl: null });
const RANGE_OPTIONS = refused<RangeOptions>(
  { limit: -1 },
  { limit: Number.NaN },
  { limit: '3' },
  { skipLocked: true },
  { skipLocked: true, forUpdate: false },
);
const BOUNDS = refused<RangeOptions>({ gt: 1 }, { gte: null }, { lt: {} }, { lte: true }, { prefix: 7 });
const IDLE_TIMEOUTS = refused<TransactionOptions & RunOptions>(
  { idleTimeout: 0 },
  { idleTimeout: -1 },
  { idleTimeout: Number.NaN },
  { idleTimeout: '10' },
  { idleTimeout: null },
);
const TRANSACTION_OPTIONS = refused<TransactionOptions>(
  { age: 'old' },
  { age: Number.NaN },
  { age: 1.5 },
  ...IDLE_TIMEOUTS,
);
const RUN_OPTIONS = refused<RunOptions>(
  { retryTimeout: -1 },
  { retryTimeout: Number.NaN },
  { retryTimeout: 'x' },
  { maxAttempts: 0 },
  { maxAttempts: -1 },
  { maxAttempts: Number.NaN },
  ...IDLE_TIMEOUTS,
);

export const refusedOptions: StoreCases = {
  'every operation refuses invalid wait options': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const options of WAIT_OPTIONS) {
      for (const run of Object.values(KEY_OPERATIONS))
        await assertRejects(run(tx, 'k', options), 'INVALID_OPTION');
      for (const run of Object.values(ONE_SHOTS))
        await assertRejects(run(store, 'k', options), 'INVALID_OPTION');
      await assertRejects(store.begin(options), 'INVALID_OPTION');
      await assertRejects((async () => collect(tx.entries(options)))(), 'INVALID_OPTION');
    }
    await assertUnchanged(store, tx);
  },

  'an invalid ttl is refused': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const options of PUT_OPTIONS) {
      await assertRejects(tx.put('k', 1, options), 'INVALID_OPTION');
      await assertRejects(tx.putMany([['k', 1]], options), 'INVALID_OPTION');
      await assertRejects(store.put('new', 1, options), 'INVALID_OPTION');
      await assertRejects(store.putMany([['new', 1]], options), 'INVALID_OPTION');
    }
    await assertUnchanged(store, tx);
  },

  // `entries()` itself does no work, so it may either throw or let the first `next()` reject.
  'invalid ranges are refused': async (store) => {
    await store.put('k', 'before');
    const tx = await store.begin();
    for (const range of RANGE_OPTIONS) {
      await assertRejects((async () => collect(tx.entries(range)))(), 'INVALID_OPTION');
    }
    for (const range of BOUNDS) {
      const codes = await Promise.all(
        [tx, store].map(async (source) => {
          try {
            await collectKeys(source.entries(range));
            return 'none';
          } catch (error) {
            return (error as { code?: unknown }).code;
          }
        }),
      );
      for (const code of codes)
        assert(code === 'INVALID_OPTION' || code === 'INVALID_KEY', 'a bound must be a string');
    }
    await assertUnchanged(store, tx);
  },

  'begin and transaction refuse invalid options, and no work runs': async (store) => {
    let runs = 0;
    for (const options of TRANSACTION_OPTIONS) await assertRejects(store.begin(options), 'INVALID_OPTION');
    for (const options of [...RUN_OPTIONS, ...WAIT_OPTIONS]) {
      await assertRejects(
        store.transaction(() => runs++, options as RunOptions),
        'INVALID_OPTION',
      );
    }
    assertEqual(runs, 0, 'runs of the work');
  },
};
