import type { HistoryIndex } from './history-index.ts';
import type { Anomaly, AnomalyName, DependencyStep } from './history-report.ts';
import { forbids, type IsolationLevel } from './isolation-level.ts';

/** All anomaly names, the worst first. An anomaly makes the ones after it less certain. */
const WORST_FIRST: readonly AnomalyName[] = [
  'garbage-read',
  'duplicate-elements',
  'incompatible-order',
  'duplicate-row',
  'unordered-scan',
  'internal',
  'G0',
  'G1a',
  'G1b',
  'G1c',
  'lost-update',
  'fuzzy-read',
  'G-single',
  'G2-item',
  'G2',
  'G0-realtime',
  'G1c-realtime',
  'G-single-realtime',
  'G2-item-realtime',
  'G2-realtime',
];

/** Collects the anomalies that were found. */
export class Findings {
  readonly level: IsolationLevel;
  /**
   * The transactions of lost updates and fuzzy reads. These anomalies already explain the cycles of their
   * transactions.
   */
  readonly entangled: Set<number> = new Set();
  readonly #anomalies: Anomaly[] = [];
  readonly #index: HistoryIndex;

  constructor(index: HistoryIndex, level: IsolationLevel) {
    this.#index = index;
    this.level = level;
  }

  add(
    name: AnomalyName,
    transactions: readonly number[],
    explanation: string,
    cycle: readonly DependencyStep[] = [],
  ): void {
    const ids = transactions.map((transaction) => this.#index.idOf(transaction));
    const anomaly = { name, explanation, transactions: ids, cycle };
    this.#anomalies.push({ ...anomaly, forbidden: forbids(this.level, anomaly) });
    if (name !== 'lost-update' && name !== 'fuzzy-read') return;
    for (const transaction of transactions) this.entangled.add(transaction);
  }

  worstFirst(): readonly Anomaly[] {
    return this.#anomalies.toSorted((a, b) => WORST_FIRST.indexOf(a.name) - WORST_FIRST.indexOf(b.name));
  }
}
