import type { ShardStrategy } from '../../../shards/shard-strategy.ts';
import { checkSuiteOptions } from '../check-suite-options.ts';
import type { TestFunctions } from '../test-functions.ts';
import { growthCases } from './growth-cases.ts';
import { indexCases } from './index-cases.ts';
import { mapCases } from './map-cases.ts';
import { orderCases } from './order-cases.ts';

/** Options of {@link shardSuite}. */
export interface ShardSuiteOptions {
  /**
   * The number of entries that a table grows to. It must be large enough for the strategy to add shards.
   * @default 10_000
   */
  readonly entries?: number;
}

/**
 * Registers tests that check a shard strategy against its contract, {@link ShardTable}.
 * @param name the name of the strategy in the titles of the tests
 * @param create returns a new strategy for each test
 * @param functions the functions of the test runner
 * @example
 * ```ts no-run
 * import { describe, it } from 'vitest';
 *
 * shardSuite('hashShards', () => hashShards(), { describe, it });
 * ```
 */
export function shardSuite(
  name: string,
  create: () => ShardStrategy,
  functions: TestFunctions,
  options: ShardSuiteOptions = {},
): void {
  checkSuiteOptions(options, ['entries']);
  const { entries = 10_000 } = options;
  functions.describe(`${name} as a shard strategy`, () => {
    mapCases(create, functions.it);
    growthCases(create, entries, functions.it);
    orderCases(create, functions.it);
    indexCases(create, entries, functions.it);
  });
}
