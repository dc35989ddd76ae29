import type { Result } from './race.ts';

/** The times of one contender for one workload, compared with MemStore round by round. */
export interface Line {
  readonly workload: string;
  readonly contender: string;
  readonly medianNs: number;
  /** The time of the contender divided by that of MemStore: the median over all rounds. */
  readonly ratio: number;
  /** The lower and the upper quartile of the ratio. */
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly checksum: number;
}

/**
 * Returns the results with their ratios to a base.
 * @param base the name of the contender that the others are compared with
 */
export function summarize(results: readonly Result[], base: string): Line[] {
  return results.flatMap((result) => {
    const reference = results.find(
      ({ workload, contender }) => workload === result.workload && contender === base,
    );
    if (reference === undefined) return [];
    const ratios = result.rounds.map((ns, round) => ns / (reference.rounds[round] ?? Number.NaN));
    return {
      workload: result.workload,
      contender: result.contender,
      medianNs: quantile(result.rounds, 0.5),
      ratio: quantile(ratios, 0.5),
      ratioLow: quantile(ratios, 0.25),
      ratioHigh: quantile(ratios, 0.75),
      checksum: result.checksum,
    };
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
