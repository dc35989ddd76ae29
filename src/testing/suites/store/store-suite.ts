import { checkSuiteOptions } from '../check-suite-options.ts';
import type { TestFunctions } from '../test-functions.ts';
import { cancelling } from './cancelling.ts';
import { changes } from './changes.ts';
import { clearing } from './clearing.ts';
import { closing } from './closing.ts';
import { counters } from './counters.ts';
import { deadlocks } from './deadlocks.ts';
import { endings } from './endings.ts';
import { failures } from './failures.ts';
import { iteratorCalls } from './iterator-calls.ts';
import { jobQueue } from './job-queue.ts';
import { keys } from './keys.ts';
import { lists } from './lists.ts';
import { loading } from './loading.ts';
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
import { taking } from './taking.ts';
import { toArrays } from './to-array.ts';
import { touching } from './touching.ts';
import { ttls } from './ttls.ts';
import { updates } from './updates.ts';
import { values } from './values.ts';

export type { AnyStore } from './store-cases.ts';

/** Options of {@link storeSuite}. */
export interface StoreSuiteOptions {
  /**
   * The titles of the cases or groups of cases to skip, each with a reason. The suite adds the reason to the
   * title of the skipped test. An unknown title throws, so that no entry outlives its case.
   * @default none
   */
  readonly skip?: Readonly<Record<string, string>> | undefined;
  /**
   * Called after each case, when the suite has closed the store. For example, it can stop a server that the
   * factory started.
   * @default none
   */
  readonly cleanup?: ((store: AnyStore) => void | Promise<void>) | undefined;
}

const GROUPS: Readonly<Record<string, StoreCases>> = {
  'reading and writing': readingAndWriting,
  values,
  'refused values': refusedValues,
  keys,
  'lists of keys and entries': lists,
  'refused options': refusedOptions,
  'reading options': optionReading,
  'times to live': ttls,
  'the order of operations': ordering,
  'the end of a transaction': endings,
  'the failure of a transaction': failures,
  scans,
  'iterator calls': iteratorCalls,
  locks: locking,
  'range locks': rangeLocking,
  deadlocks,
  cancelling,
  savepoints,
  snapshots,
  'transaction()': running,
  'one-shot operations': oneShots,
  'job queue': jobQueue,
  updates,
  'numbers that are incremented': counters,
  'take and putIfAbsent': taking,
  touch: touching,
  clear: clearing,
  'toArray()': toArrays,
  getOrPut: loading,
  closing,
  'the change feed': changes,
};

/**
 * Registers tests that check a store against the contracts {@link Store} and {@link Transaction}. The suite
 * compares only results and their order, and never sleeps. So it works for a store in the same process and
 * over a network.
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
          const reason = skip[title] ?? skip[group];
          if (reason === undefined) tests.it(title, () => run(body));
          else skipCase(tests, `${title} (skipped: ${reason})`);
        }
      });
    }
  });
}

function assertKnown(titles: readonly string[]): void {
  const known = new Set(Object.entries(GROUPS).flatMap(([group, cases]) => [group, ...Object.keys(cases)]));
  for (const title of titles)
    if (!known.has(title))
      throw new Error(
        `Every key of the option skip must be the title of a case or a group, got ${JSON.stringify(title)}.`,
      );
}

/** Skips a case with `it.skip` if the test runner has it. Otherwise the case passes. */
function skipCase(tests: TestFunctions, title: string): void {
  const { skip } = tests.it as { skip?: TestFunctions['it'] };
  if (skip === undefined) tests.it(title, () => undefined);
  else skip(title, () => undefined);
}
