import type { LockBench } from './lock-bench.ts';

/** One test of a lock strategy. */
export interface LockCase {
  readonly name: string;
  /**
   * The reason why a coarse strategy may skip the test: the end of the sentence "a coarse strategy may …".
   */
  readonly coarseMay?: string;
  run(bench: LockBench): void | Promise<void>;
}
