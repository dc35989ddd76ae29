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
   * How many entries a table grows to. Give more than the strategy needs to change its shape.
   * @default 10_000
   */
  readonly entries?: number;
}

/**
 * Checks that a shard strategy keeps its contract (`ShardTable` says which). It needs nothing but the
 * functions of a test runner.
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
