import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.ts';

/** Everything that is about locks/ and engine/ and quick, in the order in which a mutant meets it. */
const TESTS = [
  'test/locks/*.test.ts',
  'test/mutation/store-suite.tests.ts',
  'test/engine/*.test.ts',
  'test/semantics/*.test.ts',
  'test/mutation/schedules.tests.ts',
  'test/mutation/histories.tests.ts',
];

/** The quick tests first: a mutant is done with at the first test that fails. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const folders = TESTS.map((pattern) => pattern.replace(/\*.*/, ''));
    const placeOf = ({ moduleId }: TestSpecification): number =>
      folders.findIndex((folder) => moduleId.includes(folder));
    return files.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: TESTS,
    // They start processes and fill large stores, and say nothing of locks or the engine that the others do not.
    exclude: ['test/semantics/process.test.ts', 'test/semantics/10-strategies.test.ts'],
    // One worker for all files: loading them takes longer than most of them run.
    isolate: false,
    sequence: { sequencer: QuickFirst },
    // A mutant that leaves somebody waiting fails its test then.
    testTimeout: 20_000,
    reporters: ['dot'],
  },
}) as ViteUserConfig;
