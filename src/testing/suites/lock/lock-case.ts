import type { LockBench } from './lock-bench.ts';

/** One thing that a lock strategy has to do. */
export interface LockCase {
  readonly name: string;
  /**
   * Why a coarse strategy need not do it, if it need not: it completes the sentence "a coarse strategy may
   * …".
   */
  readonly coarseMay?: string;
  run(bench: LockBench): void | Promise<void>;
}
