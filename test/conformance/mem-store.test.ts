import { type JournalStrategy, MemStore } from 'memstore-tx';
import { describe, it } from 'vitest';
import { storeSuite } from '../../src/testing/suites/store/store-suite.ts';
import { type LocksName, STRATEGY_COMBINATIONS } from './strategy-combinations.ts';

const NO_SHARING = 'a stripe is one mutex, which readers cannot share';
const ALL_STRIPES = 'a range takes every stripe, so it also blocks keys outside it';

/**
 * The cases that a coarser lock strategy cannot pass. Such a strategy waits more often, but returns the same
 * results.
 */
const SKIPPED: Readonly<Record<LocksName, Readonly<Record<string, string>>>> = {
  keyLocks: {},
  mutexLocks: {
    'several transactions can read the same key': NO_SHARING,
    'two transactions that read a key and then both write it deadlock': NO_SHARING,
    'writes outside a scanned range do not wait': ALL_STRIPES,
    'a scan does not wait for writes outside its range': ALL_STRIPES,
    'a cycle through a scanned range is detected': ALL_STRIPES,
    'a limited scan does not lock the range it has not read': ALL_STRIPES,
    'a failed next() does not advance a scan for update': ALL_STRIPES,
    'a failed next() does not advance a limited scan': ALL_STRIPES,
    'a next() behind a waiting write sees the write, even if return() was called since': NO_SHARING,
    'a failed next() does not advance a reverse scan': ALL_STRIPES,
    'a next() that fails at a locked row loses no earlier row': ALL_STRIPES,
    'a failed toArray() in a transaction does not advance the scan': ALL_STRIPES,
    'toArray() of a scan for update locks its rows': ALL_STRIPES,
  },
};

for (const { name, locks, options } of STRATEGY_COMBINATIONS) {
  storeSuite(
    `MemStore with ${name}`,
    () => new MemStore(options),
    { describe, it },
    { skip: SKIPPED[locks] },
  );
}

/** A journal that stores nothing. Its appends take one turn, so every commit is under way for a while. */
const passingJournal: JournalStrategy = {
  name: 'passing',
  create: () => ({
    async *load() {},
    append: () => new Promise((resolve) => setImmediate(resolve)),
    close: () => Promise.resolve(),
  }),
};

storeSuite('MemStore with a journal', () => new MemStore({ journal: passingJournal }), { describe, it });
