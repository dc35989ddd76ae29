import { type JournalStrategy, MemStore } from 'memstore-tx';
import { describe, it } from 'vitest';
import { storeSuite } from '../../src/testing/suites/store/store-suite.ts';
import { type LocksName, STRATEGY_COMBINATIONS } from './strategy-combinations.ts';

const NO_SHARING = 'a stripe is one mutex, which readers cannot share';
const ALL_STRIPES = 'a range takes every stripe, so it also blocks keys outside it';

/** The cases that a coarser lock strategy cannot pass. It waits more often, and returns the same results. */
const SKIPPED: Readonly<Record<LocksName, Readonly<Record<string, string>>>> = {
  keyLocks: {},
  mutexLocks: {
    'readers share a key': NO_SHARING,
    'two readers that both go on to write cannot both go on': NO_SHARING,
    'writes outside a scanned range go on': ALL_STRIPES,
    'a scan does not wait for writes outside its range': ALL_STRIPES,
    'a cycle through a scanned range is found': ALL_STRIPES,
    'a limited scan leaves alone what it has not read': ALL_STRIPES,
    'a next() that fails leaves a scan for update where it was': ALL_STRIPES,
    'a next() that fails leaves a limited scan where it was': ALL_STRIPES,
    'a next() that waits behind a write of its transaction sees it, although return() was called': NO_SHARING,
    'a scan in reverse stays where it was too': ALL_STRIPES,
    'rows before the one that fails are not lost': ALL_STRIPES,
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
