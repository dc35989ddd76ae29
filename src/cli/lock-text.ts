import type { CycleStep, LockTarget } from '../index.ts';
import { visibleText } from './cut-text.ts';

/**
 * Returns a key in quotes, or a range as an interval. A square bracket includes its bound, a round one does
 * not.
 */
export function lockText({ key, range }: LockTarget): string {
  if (key !== undefined) return quoted(key);
  const { from, to } = range;
  if (from === '' && to === undefined) return 'all keys';
  return `${lowerBound(from)} … ${to === undefined ? 'the end' : upperBound(to)}`;
}

// The next key after k is k followed by NUL. So a range that begins there excludes k.
function lowerBound(from: string): string {
  return from.endsWith('\0') ? `(${quoted(from.slice(0, -1))}` : `[${quoted(from)}`;
}

function upperBound(to: string): string {
  return to.endsWith('\0') ? `${quoted(to.slice(0, -1))}]` : `${quoted(to)})`;
}

/** Returns one line for each wait of a deadlock. */
export function cycleLines(cycle: readonly CycleStep[]): string[] {
  return cycle.map((step, index) => {
    const next = cycle[(index + 1) % cycle.length];
    const wait = `${step.transactionId} waits for ${lockText(step)} (${step.mode})`;
    return `${wait}, blocked by ${next?.transactionId}`;
  });
}

function quoted(key: string): string {
  return visibleText(JSON.stringify(key));
}
