import type { TestFunctions } from 'memstore-tx/testing';

/** The smallest test runner that can run a conformance suite. */
export class TestRunner implements TestFunctions {
  readonly #tests: { readonly name: string; readonly body: () => void | Promise<void> }[] = [];

  // Arrow functions, because the suites destructure the object and call the functions without it.
  readonly describe = (_name: string, body: () => void): void => body();

  readonly it = (name: string, body: () => void | Promise<void>): void => {
    this.#tests.push({ name, body });
  };

  /** Runs the tests and returns their number. Throws at the first test that fails. */
  async run(): Promise<number> {
    for (const { name, body } of this.#tests) {
      try {
        await body();
      } catch (cause) {
        throw new Error(`The strategy breaks its contract in the test "${name}".`, { cause });
      }
    }
    return this.#tests.length;
  }
}
