import type { VersionRead } from './collect-reads.ts';
import type { Findings } from './findings.ts';
import type { HistoryIndex } from './history-index.ts';
import type { DependencyStep } from './history-report.ts';
import { keyText, transactionText, valueText } from './history-text.ts';
import type { KeyVersions } from './key-versions.ts';

/**
 * Reports every version of the key that several transactions have read and then replaced. All but one of them
 * based their write on an outdated version.
 *
 * @param reads - every read of the key.
 */
export function reportLostUpdates(
  index: HistoryIndex,
  versions: KeyVersions,
  reads: readonly VersionRead[],
  findings: Findings,
): void {
  const updatersByVersion = new Map<number, number[]>();
  for (const { reader, version, absentFromScan, assumesRealTime } of reads) {
    if (absentFromScan !== undefined || assumesRealTime || versions.installedBy(reader) === undefined)
      continue;
    const updaters = updatersByVersion.get(version);
    if (updaters === undefined) updatersByVersion.set(version, [reader]);
    else updaters.push(reader);
  }
  for (const [version, updaters] of updatersByVersion) {
    const [first, second] = updaters;
    if (first === undefined || second === undefined) continue;
    const others = updaters.length > 2 ? ` (and ${updaters.length - 2} more)` : '';
    const names = `${transactionText(index.idOf(first))} and ${transactionText(index.idOf(second))}${others}`;
    const what = `${valueText(versions.values[version])} under ${keyText(versions.key)}`;
    const cycle = [
      replaced(index, versions, version, first, second),
      replaced(index, versions, version, second, first),
    ];
    findings.add('lost-update', updaters, `${names} each read ${what} and replaced it.`, cycle);
  }
}

function replaced(
  index: HistoryIndex,
  versions: KeyVersions,
  version: number,
  reader: number,
  writer: number,
): DependencyStep {
  return {
    from: index.idOf(reader),
    to: index.idOf(writer),
    kind: 'rw',
    key: versions.key,
    range: undefined,
    value: versions.values[version],
    nextValue: versions.values[versions.installedBy(writer) ?? -1],
    assumesRealTime: false,
  };
}
