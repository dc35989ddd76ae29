import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../../vitest.config.ts';
import { CHOSEN_TESTS, LEFT_OUT } from './chosen-tests.ts';

/** Runs the quick tests first, because the first test that fails ends the run. */
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
    // One worker runs all files, because loading the files takes longer than running most of them.
    isolate: false,
    sequence: { sequencer: QuickFirst },
    // A bug that makes a transaction wait for ever fails its test after this time.
    testTimeout: 5_000,
    reporters: ['dot'],
  },
}) as ViteUserConfig;
