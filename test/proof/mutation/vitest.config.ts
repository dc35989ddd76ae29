import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../../vitest.config.ts';
import { CHOSEN_TESTS, LEFT_OUT } from './chosen-tests.ts';

/** The quick tests first: a mutant is done with at the first test that fails. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const folders = CHOSEN_TESTS.map((pattern) => pattern.replace(/\*.*/, ''));
    const placeOf = ({ moduleId }: TestSpecification): number =>
      folders.findIndex((folder) => moduleId.includes(folder));
    return files.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: [...CHOSEN_TESTS],
    exclude: [...LEFT_OUT],
    // One worker for all files: loading them takes longer than most of them run.
    isolate: false,
    sequence: { sequencer: QuickFirst },
    // A mutant that leaves somebody waiting fails its test then.
    testTimeout: 5_000,
    reporters: ['dot'],
  },
}) as ViteUserConfig;
