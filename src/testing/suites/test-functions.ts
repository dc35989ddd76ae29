/**
 * The functions of a test runner that a suite needs. Those of vitest, jest, mocha, bun and `node:test`
 * all fit, so that a suite runs wherever its user's tests run.
 */
export interface TestFunctions {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void | Promise<void>): void;
}
