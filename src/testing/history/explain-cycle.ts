import type { TransactionId } from './history.ts';
import type { AnomalyName, DependencyStep } from './history-report.ts';
import { transactionText } from './history-text.ts';

/** Returns one sentence that explains a cycle. */
export function explainCycle(name: AnomalyName, steps: readonly DependencyStep[]): string {
  const all = listed(steps.map(({ from }) => from));
  const missed = steps.find(({ kind }) => kind === 'rw' || kind === 'predicate-rw') ?? steps[0];
  const reader = missed === undefined ? '' : transactionText(missed.from);
  const writer = missed === undefined ? '' : transactionText(missed.to);
  switch (name) {
    case 'G0':
      return `The writes of ${all} are interleaved: each replaced a write of the next.`;
    case 'G1c':
      return `${all} form a circle: each read or replaced what the one before it wrote.`;
    case 'G-single':
      return `${reader} missed a write of ${writer}, but its other operations put it after ${writer}.`;
    case 'G2-item':
      return `One or more of ${all} read a version that the next replaced. None can be first.`;
    case 'G2':
      return `One or more of ${all} scanned a range that the next changed. None can be first.`;
    case 'G-single-realtime':
      return `${reader} missed a write of ${writer}, although real time puts ${reader} after ${writer}.`;
    default:
      return `The order of ${all} contradicts real time: one of them ended before another began.`;
  }
}

function listed(ids: readonly TransactionId[]): string {
  const names = ids.slice(0, 6).map(transactionText);
  if (ids.length > names.length) names.push(`${ids.length - names.length} more`);
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
