import type { Result } from './race.ts';

/** One contender at one workload, compared with MemStore round by round. */
export interface Line {
  readonly workload: string;
  readonly contender: string;
  readonly medianNs: number;
  /** How many times as long as MemStore it takes: the median over the rounds, and the quartiles. */
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly checksum: number;
}

/** @param base the contender that all the others are compared with */
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
