import type { TransactionId } from './history.ts';
import type { AnomalyName, DependencyStep } from './history-report.ts';
import { transactionText } from './history-text.ts';

/** One sentence about what a cycle means. */
export function explainCycle(name: AnomalyName, steps: readonly DependencyStep[]): string {
  const all = listed(steps.map(({ from }) => from));
  const missed = steps.find(({ kind }) => kind === 'rw' || kind === 'predicate-rw') ?? steps[0];
  const reader = missed === undefined ? '' : transactionText(missed.from);
  const writer = missed === undefined ? '' : transactionText(missed.to);
  switch (name) {
    case 'G0':
      return `The writes of ${all} are interleaved: each replaced a write of the next.`;
    case 'G1c':
      return `Information flowed in a circle through ${all}: each replaced or saw what the one before it wrote.`;
    case 'G-single':
      return `${reader} missed a write of ${writer}, and yet comes after it by what else it saw or replaced.`;
    case 'G2-item':
      return `Some of ${all} read what the next one replaced, so that none of them can have come first.`;
    case 'G2':
      return `Some of ${all} read what the next one changed, a range among it, so that none can have come first.`;
    case 'G-single-realtime':
      return `${reader} missed a write of ${writer}, although real time puts it after that.`;
    default:
      return `The order in which ${all} took effect contradicts real time: one ended before another began.`;
  }
}

function listed(ids: readonly TransactionId[]): string {
  const names = ids.slice(0, 6).map(transactionText);
  if (ids.length > names.length) names.push(`${ids.length - names.length} more`);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
