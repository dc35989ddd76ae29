import type { CycleStep, LockTarget } from '../index.ts';
import { visibleText } from './cut-text.ts';

/** A key in quotes, or a range in the notation of mathematics: a bracket for a bound that belongs to it. */
export function lockText({ key, range }: LockTarget): string {
  if (key !== undefined) return quoted(key);
  const { from, to } = range;
  if (from === '' && to === undefined) return 'all keys';
  return `${lowerBound(from)} … ${to === undefined ? 'the end' : upperBound(to)}`;
}

// The key behind k is k with a zero: a range that starts there starts behind k.
function lowerBound(from: string): string {
  return from.endsWith('\0') ? `(${quoted(from.slice(0, -1))}` : `[${quoted(from)}`;
}

function upperBound(to: string): string {
  return to.endsWith('\0') ? `${quoted(to.slice(0, -1))}]` : `${quoted(to)})`;
}

/** A deadlock, one wait a line. */
export function cycleLines(cycle: readonly CycleStep[]): string[] {
  return cycle.map((step, index) => {
    const next = cycle[(index + 1) % cycle.length];
    return `${step.transactionId} waits for ${lockText(step)} (${step.mode}), which ${next?.transactionId} is in the way of`;
  });
}

function quoted(key: string): string {
  return visibleText(JSON.stringify(key));
}
