export { FakeClock } from './fake-clock.ts';
export * from './history/index.ts';
export { seededRandom } from './seeded-random.ts';
export { type CacheSuiteOptions, cacheSuite } from './suites/cache/cache-suite.ts';
export {
  type JournalStorage,
  type JournalSuiteOptions,
  journalSuite,
} from './suites/journal/journal-suite.ts';
export { type LockSuiteOptions, lockSuite } from './suites/lock/lock-suite.ts';
export { type ShardSuiteOptions, shardSuite } from './suites/shard/shard-suite.ts';
export { type AnyStore, type StoreSuiteOptions, storeSuite } from './suites/store/store-suite.ts';
export type { TestFunctions } from './suites/test-functions.ts';
