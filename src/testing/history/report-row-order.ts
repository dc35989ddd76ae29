import type { Findings } from './findings.ts';
import type { ScanOperation } from './history.ts';
import type { HistoryIndex } from './history-index.ts';
import { keyText, rangeText, transactionText } from './history-text.ts';

/**
 * Reports a scan that yielded a key twice or its keys out of order. Reports each fault at most once per scan.
 */
export function reportRowOrder(
  reader: number,
  { range, entries, reverse }: ScanOperation,
  index: HistoryIndex,
  findings: Findings,
): void {
  const seen = new Set<string>();
  let isRepeated = false;
  let isDisordered = false;
  let isDescending = reverse;
  let previous: string | undefined;
  const report = (name: 'duplicate-row' | 'unordered-scan', what: string): void => {
    const who = transactionText(index.idOf(reader));
    findings.add(name, [reader], `${who} scanned ${rangeText(range)} and got ${what}.`);
  };
  for (const [key] of entries) {
    if (seen.has(key)) {
      if (!isRepeated) report('duplicate-row', `${keyText(key)} twice`);
      isRepeated = true;
      continue;
    }
    seen.add(key);
    if (previous !== undefined) {
      // If the direction is not recorded, the first two keys define it.
      isDescending ??= key < previous;
      if (!isDisordered && isDescending !== key < previous) {
        report('unordered-scan', `${keyText(key)} after ${keyText(previous)}`);
        isDisordered = true;
      }
    }
    previous = key;
  }
}
