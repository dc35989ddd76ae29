export { type CacheSuiteOptions, cacheSuite } from './cache-suite.ts';
export { FakeClock } from './fake-clock.ts';
export * from './history/index.ts';
export { type JournalStorage, type JournalSuiteOptions, journalSuite } from './journal-suite.ts';
export { type LockSuiteOptions, lockSuite } from './lock-suite.ts';
export { seededRandom } from './seeded-random.ts';
export { type ShardSuiteOptions, shardSuite } from './shard-suite.ts';
export { type AnyStore, type StoreSuiteOptions, storeSuite } from './store-suite.ts';
export type { TestFunctions } from './test-functions.ts';
