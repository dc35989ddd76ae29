/**
 * Everything that is about locks/ and engine/ and quick, in the order in which a mutant meets it: the
 * quickest first.
 */
export const CHOSEN_TESTS: readonly string[] = [
  'test/locks/*.test.ts',
  'test/proof/mutation/store-suite.tests.ts',
  'test/memory/*.test.ts',
  'test/memory/*.test.ts',
  'test/proof/mutation/schedules.tests.ts',
  'test/proof/mutation/histories.tests.ts',
];

/**
 * They start processes and fill large stores, and say nothing of locks or the engine that the others do not.
 */
export const LEFT_OUT: readonly string[] = ['test/memory/process.test.ts', 'test/memory/strategies.test.ts'];
