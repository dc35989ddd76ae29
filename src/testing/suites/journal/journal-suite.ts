import type { JournalWrite } from '../../../journal/journal.ts';
import { assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { checkSuiteOptions } from '../check-suite-options.ts';
import type { TestFunctions } from '../test-functions.ts';
import { checkCrashes } from './check-crashes.ts';
import type { JournalStorage } from './journal-storage.ts';
import { assertStored, del, put, reload, withJournal } from './journal-storage.ts';
import { checkReferences, checkValue, JOURNAL_VALUES } from './journal-values.ts';

export type { JournalStorage } from './journal-storage.ts';

/** Options of {@link journalSuite}. */
export interface JournalSuiteOptions {
  /**
   * The reason why the storage has no `crash`. The suite then skips the crash tests and shows the reason in a
   * test title.
   * @default undefined: the storage has `crash`
   */
  readonly withoutCrash?: string | undefined;
}

const SEEDS = 5;
const LARGE_BATCH = 5000;
const ODD_KEYS = [
  '',
  '__proto__',
  'constructor',
  '\0',
  'a',
  'a\0',
  'A',
  '\u00e9',
  'e\u0301',
  '\uffff',
  '\u{1f600}',
];

/**
 * Registers tests that check a journal strategy against its contract, {@link Journal}.
 * @param name the name of the strategy in the titles of the tests
 * @param openFresh returns a new, empty storage at each call
 * @param tests the functions of the test runner
 * @example
 * ```ts no-run
 * import { describe, it } from 'vitest';
 *
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 *
 * journalSuite(
 *   'lmdb',
 *   () => {
 *     const path = mkdtempSync(`${tmpdir()}/journal-`);
 *     return { strategy: () => lmdbJournal({ path }) };
 *   },
 *   { describe, it },
 *   { withoutCrash: 'it cannot kill its own process' },
 * );
 * ```
 */
export function journalSuite(
  name: string,
  openFresh: () => JournalStorage | Promise<JournalStorage>,
  tests: TestFunctions,
  options: JournalSuiteOptions = {},
): void {
  checkSuiteOptions(options, ['withoutCrash']);
  const test = (title: string, body: (storage: JournalStorage) => Promise<void>): void =>
    tests.it(title, async () => {
      const storage = await openFresh();
      try {
        await body(storage);
      } finally {
        await storage.dispose?.();
      }
    });

  tests.describe(`journal strategy ${name}`, () => {
    test('is empty at first', (storage) => assertStored(storage, [], 'a fresh storage'));
    test('loads the appended entries after every restart', checkRestarts);
    test('keeps the last of several writes, and no deleted entry', checkOverwrites);
    test('keeps the expiry time of an entry, and its removal', checkExpiry);
    test('accepts a commit that deletes an absent key, and one without writes', checkIdleCommits);
    for (const value of JOURNAL_VALUES) {
      test(`keeps a value that is ${value.kind}`, (storage) => checkValue(storage, value));
    }
    test('keeps cycles and shared references', checkReferences);
    test('does not modify its arguments', checkInputUntouched);
    test('distinguishes unusual keys', checkOddKeys);
    test(`keeps a commit of ${LARGE_BATCH} writes to different keys`, checkLargeCommit);
    test('accepts prepared commits in any order, and stores them only when they are appended', checkPrepared);
    test('applies concurrent appends in the order of the calls', checkOrder);
    for (let seed = 1; seed <= SEEDS; seed++) {
      test(`loads the same entries as a Map after random commits and restarts (seed ${seed})`, (storage) =>
        checkRandomCommits(storage, seed));
    }
    if (options.withoutCrash !== undefined) {
      tests.it(`survives a crash (skipped: ${options.withoutCrash})`, () => {});
      return;
    }
    for (let seed = 1; seed <= SEEDS; seed++) {
      test(`loses no acknowledged commit in a crash, and keeps no partial commit (seed ${seed})`, (storage) =>
        checkCrashes(storage, seed));
    }
  });
}

async function checkRestarts(storage: JournalStorage): Promise<void> {
  const expected = new Map<string, unknown>();
  for (let run = 1; run <= 3; run++) {
    await withJournal(storage, async (journal) => {
      for (let index = 0; index < 3; index++) {
        const key = `run ${run}, entry ${index}`;
        await journal.append({ transactionId: run * 10 + index, writes: [put(key, { run, index })] });
        expected.set(key, { run, index });
      }
    });
    await assertStored(storage, expected, `after run ${run}`);
  }
}

async function checkOverwrites(storage: JournalStorage): Promise<void> {
  await withJournal(storage, async (journal) => {
    await journal.append({ transactionId: 1, writes: [put('a', 1), put('b', 1), put('c', 1)] });
    await journal.append({ transactionId: 2, writes: [put('a', 2), del('b')] });
    await journal.append({ transactionId: 3, writes: [del('c')] });
    await journal.append({ transactionId: 4, writes: [put('c', 4)] });
  });
  await assertStored(
    storage,
    [
      ['a', 2],
      ['c', 4],
    ],
    'after the first run',
  );
  await withJournal(storage, (journal) =>
    journal.append({ transactionId: 5, writes: [del('a'), put('b', 5)] }),
  );
  await assertStored(
    storage,
    [
      ['b', 5],
      ['c', 4],
    ],
    'after the second run',
  );
}

async function checkExpiry(storage: JournalStorage): Promise<void> {
  const writes = [
    put('soon', 1, 1),
    put('between', 1, 1_700_000_000_000.5),
    put('late', 1, 8.64e15),
    put('never', 1),
  ];
  await withJournal(storage, async (journal) => {
    await journal.append({ transactionId: 1, writes: [...writes, put('cleared', 1, 5), put('set', 1)] });
    await journal.append({ transactionId: 2, writes: [put('cleared', 2), put('set', 2, 7)] });
  });
  const expected = [...writes.map(expiryOf), ['cleared', undefined], ['set', 7]];
  const found = [...(await reload(storage))].map(([key, { expiresAtMs }]) => [key, expiresAtMs] as const);
  assertEqual(
    new Map(found),
    new Map(expected as [string, number | undefined][]),
    'the expiry times of the entries',
  );
}

function expiryOf(write: JournalWrite): [key: string, expiresAtMs: number | undefined] {
  return [write.key, write.deleted ? undefined : write.expiresAtMs];
}

async function checkIdleCommits(storage: JournalStorage): Promise<void> {
  await withJournal(storage, async (journal) => {
    await journal.append({ transactionId: 1, writes: [put('kept', 1)] });
    await journal.append({ transactionId: 2, writes: [del('nobody')] });
    await journal.append({ transactionId: 3, writes: [] });
  });
  await assertStored(storage, [['kept', 1]], 'after commits that change nothing');
}

async function checkInputUntouched(storage: JournalStorage): Promise<void> {
  const value = Object.freeze({ list: Object.freeze([1, Object.freeze({ deep: true })]) });
  const write = Object.freeze(put('key', value, 5));
  const commit = Object.freeze({
    transactionId: 1,
    writes: Object.freeze([write, Object.freeze(del('other'))]),
  });
  const map = new Map([['a', 1]]);
  await withJournal(storage, async (journal) => {
    await journal.append(commit);
    await journal.append({ transactionId: 2, writes: [put('map', map)] });
  });
  assertEqual(map, new Map([['a', 1]]), 'the appended value');
}

async function checkOddKeys(storage: JournalStorage): Promise<void> {
  const keys = [...ODD_KEYS, 'long'.repeat(400)];
  const expected = keys.map((key, index) => [key, index] as const);
  await withJournal(storage, (journal) =>
    journal.append({ transactionId: 1, writes: expected.map(([key, value]) => put(key, value)) }),
  );
  await assertStored(storage, expected, 'entries with unusual keys');
  await withJournal(storage, (journal) =>
    journal.append({ transactionId: 2, writes: keys.slice(1).map((key) => del(key)) }),
  );
  await assertStored(storage, expected.slice(0, 1), 'the remaining entries');
}

async function checkLargeCommit(storage: JournalStorage): Promise<void> {
  const expected = Array.from({ length: LARGE_BATCH }, (_, index) => [`key:${index}`, { index }] as const);
  await withJournal(storage, (journal) =>
    journal.append({ transactionId: 1, writes: expected.map(([key, value]) => put(key, value)) }),
  );
  await assertStored(storage, expected, 'a large commit');
}

async function checkPrepared(storage: JournalStorage): Promise<void> {
  const entries = (from: number) =>
    Array.from({ length: LARGE_BATCH }, (_, index) => [`key:${from + index}`, { index }] as const);
  const large = entries(0);
  const dropped = entries(LARGE_BATCH);
  await withJournal(storage, async (journal) => {
    const prepare = async (transactionId: number, list: typeof large) => {
      const commit = { transactionId, writes: list.map(([key, value]) => put(key, value)) };
      return (await journal.prepare?.(commit)) ?? commit;
    };
    const preparing = prepare(1, large);
    await journal.append({ transactionId: 2, writes: [put('other', 1)] });
    await prepare(3, dropped);
    const prepared = await preparing;
    await journal.append({ transactionId: 4, writes: [put('other', 2)] });
    await journal.append(prepared);
    await journal.append({ transactionId: 5, writes: [del('key:0')] });
  });
  await assertStored(storage, [...large.slice(1), ['other', 2]], 'the appended entries');
}

async function checkOrder(storage: JournalStorage): Promise<void> {
  const expected = new Map<string, number>();
  await withJournal(storage, async (journal) => {
    const appends: Promise<void>[] = [];
    for (let number = 1; number <= 200; number++) {
      const key = `key:${number % 7}`;
      const goes = number % 5 === 0;
      appends.push(journal.append({ transactionId: number, writes: [goes ? del(key) : put(key, number)] }));
      if (goes) expected.delete(key);
      else expected.set(key, number);
    }
    await Promise.all(appends);
  });
  await assertStored(storage, expected, 'the last write of each key');
}

async function checkRandomCommits(storage: JournalStorage, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const model = new Map<string, unknown>();
  for (let run = 1; run <= 4; run++) {
    await withJournal(storage, async (journal) => {
      for (let transactionId = 1; transactionId <= 25; transactionId++) {
        const writes = new Map<string, JournalWrite>();
        for (let count = below(6); count > 0; count--) {
          const key = `key:${below(15)}`;
          writes.set(
            key,
            random() < 0.3 ? del(key) : put(key, { run, transactionId, text: 'x'.repeat(below(50)) }),
          );
        }
        for (const write of writes.values()) {
          if (write.deleted) model.delete(write.key);
          else model.set(write.key, write.value);
        }
        await journal.append({ transactionId, writes: [...writes.values()] });
      }
    });
    await assertStored(storage, model, `run ${run} of seed ${seed}`);
  }
}
