import { checkSuiteOptions } from '../check-suite-options.ts';
import type { TestFunctions } from '../test-functions.ts';
import { cancelling } from './cancelling.ts';
import { closing } from './closing.ts';
import { deadlocks } from './deadlocks.ts';
import { endings } from './endings.ts';
import { failures } from './failures.ts';
import { iteratorCalls } from './iterator-calls.ts';
import { jobQueue } from './job-queue.ts';
import { keys } from './keys.ts';
import { lists } from './lists.ts';
import { locking } from './locking.ts';
import { oneShots } from './one-shots.ts';
import { optionReading } from './option-reading.ts';
import { ordering } from './ordering.ts';
import { rangeLocking } from './range-locking.ts';
import { readingAndWriting } from './reading-and-writing.ts';
import { refusedOptions } from './refused-options.ts';
import { refusedValues } from './refused-values.ts';
import { running } from './running.ts';
import { savepoints } from './savepoints.ts';
import { scans } from './scans.ts';
import { snapshots } from './snapshots.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';
import { ttls } from './ttls.ts';
import { values } from './values.ts';

export type { AnyStore } from './store-cases.ts';

/** Options of {@link storeSuite}. */
export interface StoreSuiteOptions {
  /**
   * The cases to skip by title, each with the reason, which the titles show. An unknown title throws, so that
   * no skip outlives its case.
   * @default none
   */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /**
   * Called after each case, when the suite has closed the store, to stop a server of the factory for example.
   * @default none
   */
  readonly cleanup?: ((store: AnyStore) => void | Promise<void>) | undefined;
}

const GROUPS: Readonly<Record<string, StoreCases>> = {
  'reading and writing': readingAndWriting,
  values,
  'values that are refused': refusedValues,
  keys,
  'lists of keys and of entries': lists,
  'options that are refused': refusedOptions,
  'how options are read': optionReading,
  'times to live': ttls,
  'the order of operations': ordering,
  'the end of a transaction': endings,
  'why a transaction ended': failures,
  scans,
  'calls of iterators': iteratorCalls,
  locks: locking,
  'locks on ranges': rangeLocking,
  deadlocks,
  cancelling,
  savepoints,
  snapshots,
  'transaction()': running,
  'one-shot operations': oneShots,
  'a queue of jobs': jobQueue,
  closing,
};

/**
 * Registers tests that check a store against the contracts {@link Store} and {@link Transaction}. It compares
 * only results and their order, and never sleeps, so that it works in process and over a socket.
 * @param name the name of the store in the titles of the tests
 * @param factory opens a new, empty store for each case. The suite closes it.
 * @param tests the functions of the test runner
 * @example
 * ```ts no-run
 * import { describe, it } from 'vitest';
 *
 * storeSuite('MemStore with mutexLocks', () => new MemStore({ locks: mutexLocks() }), { describe, it });
 * ```
 */
export function storeSuite(
  name: string,
  factory: () => AnyStore | Promise<AnyStore>,
  tests: TestFunctions,
  options: StoreSuiteOptions = {},
): void {
  checkSuiteOptions(options, ['skip', 'cleanup']);
  const { skip = {}, cleanup } = options;
  assertKnown(Object.keys(skip));
  const run = async (body: (store: AnyStore) => Promise<void>): Promise<void> => {
    const store = await factory();
    try {
      await body(store);
    } finally {
      await store.close();
      await cleanup?.(store);
    }
  };
  tests.describe(name, () => {
    for (const [group, cases] of Object.entries(GROUPS)) {
      tests.describe(group, () => {
        for (const [title, body] of Object.entries(cases)) {
          const reason = skip[title];
          if (reason === undefined) tests.it(title, () => run(body));
          else skipCase(tests, `${title} (skipped: ${reason})`);
        }
      });
    }
  });
}

function assertKnown(titles: readonly string[]): void {
  const known = new Set(Object.values(GROUPS).flatMap((cases) => Object.keys(cases)));
  for (const title of titles) if (!known.has(title)) throw new Error(`the store suite has no case ${title}`);
}

/** Skips a case with `it.skip` if the test runner has it. Otherwise the case passes. */
function skipCase(tests: TestFunctions, title: string): void {
  const { skip } = tests.it as { skip?: TestFunctions['it'] };
  if (skip === undefined) tests.it(title, () => undefined);
  else skip(title, () => undefined);
}
