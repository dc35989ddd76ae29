import type { Anomaly, DependencyStep, HistoryReport } from './history-report.ts';
import { keyText, rangeText, transactionText, valueText } from './history-text.ts';

/** The maximum number of anomalies printed for each name. The report counts the others. */
const SHOWN_PER_NAME = 5;
/** The number of steps printed from the start of a long cycle. Half as many are printed from its end. */
const SHOWN_STEPS = 20;

/**
 * Returns the report as text: the verdict, then each anomaly with the steps of its cycle.
 * @example
 * console.log(formatReport(checkHistory({ transactions: [] })));
 */
export function formatReport(report: HistoryReport): string {
  const { valid, level, anomalies, transactions } = report;
  const found = anomalies.length === 0 ? 'no anomaly' : counted(anomalies.length, 'anomaly', 'anomalies');
  const lines = [
    `${valid ? 'Consistent' : 'NOT consistent'} with ${level}: ${found} in ${counted(transactions, 'transaction')}.`,
  ];
  const shownByName = new Map<string, number>();
  for (const anomaly of anomalies) {
    const shown = shownByName.get(anomaly.name) ?? 0;
    shownByName.set(anomaly.name, shown + 1);
    if (shown < SHOWN_PER_NAME) lines.push('', ...anomalyLines(anomaly, level));
  }
  for (const [name, count] of shownByName) {
    if (count > SHOWN_PER_NAME) lines.push('', `... and ${count - SHOWN_PER_NAME} more of ${name}.`);
  }
  return lines.join('\n');
}

function anomalyLines(anomaly: Anomaly, level: string): string[] {
  const allowed = anomaly.forbidden ? '' : ` (which ${level} allows)`;
  return [`${anomaly.name}${allowed}: ${anomaly.explanation}`, ...cycleLines(anomaly.cycle)];
}

/**
 * Returns the steps of a cycle. In a long cycle, one line with the number of omitted steps replaces the
 * middle.
 */
function cycleLines(cycle: readonly DependencyStep[]): string[] {
  const atEnd = SHOWN_STEPS / 2;
  const left = cycle.length - SHOWN_STEPS - atEnd;
  const text = (step: DependencyStep): string => `  ${stepText(step)}`;
  if (left <= 1) return cycle.map(text);
  return [
    ...cycle.slice(0, SHOWN_STEPS).map(text),
    `  ... ${left} more steps ...`,
    ...cycle.slice(-atEnd).map(text),
  ];
}

function stepText(step: DependencyStep): string {
  const guessed = step.assumesRealTime ? ', by real time' : '';
  return `${transactionText(step.from)} before ${transactionText(step.to)} (${step.kind}${guessed}): ${reason(step)}`;
}

function reason(step: DependencyStep): string {
  const from = transactionText(step.from);
  const to = transactionText(step.to);
  const key = keyText(step.key ?? '');
  const value = valueText(step.value);
  const range = step.range === undefined ? '' : rangeText(step.range);
  const replacement =
    step.nextValue === undefined ? `${to} deleted` : `${to} replaced by ${valueText(step.nextValue)}`;
  switch (step.kind) {
    case 'ww':
      return `${from} wrote ${key} = ${value}, which ${replacement}.`;
    case 'wr':
      return `${to} read ${key} = ${value}, which ${from} wrote.`;
    case 'rw':
      return `${from} read ${key} = ${value}, which ${replacement}.`;
    case 'predicate-wr':
      return `${to} scanned ${range} without ${key}, which ${from} had deleted.`;
    case 'predicate-rw':
      return `${from} scanned ${range} without ${key}, where ${to} put ${valueText(step.nextValue)}.`;
    case 'realtime':
      return `${from} had ended when ${to} began.`;
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
