import type { LockStrategy } from '../../../locks/lock-strategy.ts';
import { checkSuiteOptions } from '../check-suite-options.ts';
import type { TestFunctions } from '../test-functions.ts';
import { deadlockCases } from './deadlock-cases.ts';
import { keyCases } from './key-cases.ts';
import { LockBench } from './lock-bench.ts';
import type { LockCase } from './lock-case.ts';
import { queueOrderCases } from './queue-order-cases.ts';
import { randomRun } from './random-run.ts';
import { rangeCases } from './range-cases.ts';
import { reportCases } from './report-cases.ts';
import { withdrawCases } from './withdraw-cases.ts';

/** Options of {@link lockSuite}. */
export interface LockSuiteOptions {
  /**
   * `true` for a strategy that locks more than the requested keys. Such a strategy may wait and abort more
   * often. The suite then checks only safety, liveness and memory. It skips the other tests, with the reason
   * in their titles.
   * @default false
   */
  readonly coarse?: boolean | undefined;
}

const GROUPS: readonly (readonly [name: string, cases: readonly LockCase[]])[] = [
  ['keys', keyCases],
  ['ranges', rangeCases],
  ['deadlocks', deadlockCases],
  ['queue order', queueOrderCases],
  ['withdrawing and releasing', withdrawCases],
  ['reports', reportCases],
];

const RANDOM_RUNS = 20;

/**
 * Registers tests that check a lock strategy against its contract, {@link LockManager}. The suite uses no
 * timers and no global state. It cannot detect unhandled rejections, so use a test runner that fails on them.
 * @param name the name of the strategy in the titles of the tests
 * @param create returns a new strategy for each test
 * @param tests the functions of the test runner
 * @example
 * ```ts no-run
 * import { describe, it } from 'vitest';
 *
 * lockSuite('mutexLocks', () => mutexLocks(), { describe, it }, { coarse: true });
 * ```
 */
export function lockSuite(
  name: string,
  create: () => LockStrategy,
  tests: TestFunctions,
  options: LockSuiteOptions = {},
): void {
  checkSuiteOptions(options, ['coarse']);
  const { coarse = false } = options;
  tests.describe(`lock strategy ${name}`, () => {
    for (const [group, cases] of GROUPS) {
      tests.describe(group, () => {
        for (const lockCase of cases) addCase(lockCase, create, tests, coarse);
      });
    }
    tests.describe('random runs', () => {
      for (let seed = 1; seed <= RANDOM_RUNS; seed++) {
        tests.it(`no held locks conflict and no transaction waits forever (seed ${seed})`, () =>
          randomRun(new LockBench(create(), coarse), seed),
        );
      }
    });
  });
}

function addCase(
  lockCase: LockCase,
  create: () => LockStrategy,
  tests: TestFunctions,
  coarse: boolean,
): void {
  if (coarse && lockCase.coarseMay !== undefined) {
    tests.it(`${lockCase.name} (skipped: a coarse strategy may ${lockCase.coarseMay})`, () => {});
    return;
  }
  tests.it(lockCase.name, async () => {
    const bench = new LockBench(create(), coarse);
    await lockCase.run(bench);
    await bench.finish();
  });
}
