/** The quick tests of locks/, lifecycle/ and memory/, in the order in which they run against a mutant. */
export const CHOSEN_TESTS: readonly string[] = [
  'test/locks/*.test.ts',
  'test/proof/mutation/store-suite.tests.ts',
  'test/lifecycle/*.test.ts',
  'test/memory/**/*.test.ts',
  'test/proof/mutation/schedules.tests.ts',
  'test/proof/mutation/histories.tests.ts',
];

/** These tests start processes and servers, or fill large stores. Other tests cover the same code. */
export const LEFT_OUT: readonly string[] = [
  'test/memory/process.test.ts',
  'test/memory/strategies.test.ts',
  'test/memory/strategy-options.test.ts',
];
