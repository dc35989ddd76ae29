/**
 * The functions of a test runner that a suite calls. Those of vitest, jest, mocha, bun and `node:test` have
 * this form.
 */
export interface TestFunctions {
  /** Groups tests. */
  describe(name: string, body: () => void): void;
  /** Registers a test. It fails if the body throws or rejects. */
  it(name: string, body: () => void | Promise<void>): void;
}
