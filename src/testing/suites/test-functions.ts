/**
 * The functions of a test runner that a suite calls. The functions of vitest, jest, mocha, bun and
 * `node:test` match this interface.
 */
export interface TestFunctions {
  /** Groups tests. */
  describe(name: string, body: () => void): void;
  /** Registers a test. The test fails if the body throws or rejects. */
  it(name: string, body: () => void | Promise<void>): void;
}
