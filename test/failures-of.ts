import type { TestFunctions } from '../src/testing/suites/test-functions.ts';

/**
 * Runs a suite by itself and returns the titles of the failed tests, to check that the suite finds a defect.
 */
export async function failuresOf(suite: (tests: TestFunctions) => void): Promise<string[]> {
  const tests: { title: string; body: () => void | Promise<void> }[] = [];
  suite({
    describe: (_name, body) => body(),
    it: (title, body) => tests.push({ title, body }),
  });
  const failures: string[] = [];
  for (const { title, body } of tests) {
    try {
      await body();
    } catch {
      failures.push(title);
    }
  }
  return failures;
}
