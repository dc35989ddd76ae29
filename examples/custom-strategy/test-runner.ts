import type { TestFunctions } from 'memstore-tx/testing';

/** The smallest runner of tests that a conformance suite can be given. */
export class TestRunner implements TestFunctions {
  readonly #tests: { readonly name: string; readonly body: () => void | Promise<void> }[] = [];

  // The suites take the two functions out of the object, as one takes them out of vitest.
  readonly describe = (_name: string, body: () => void): void => body();

  readonly it = (name: string, body: () => void | Promise<void>): void => {
    this.#tests.push({ name, body });
  };

  /** The number of tests that passed. The first one that fails ends it. */
  async run(): Promise<number> {
    for (const { name, body } of this.#tests) {
      try {
        await body();
      } catch (cause) {
        throw new Error(`The strategy breaks its contract: ${name}`, { cause });
      }
    }
    return this.#tests.length;
  }
}
