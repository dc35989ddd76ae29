import type { HistoryIndex } from './history-index.ts';
import type { Anomaly, AnomalyName, DependencyStep } from './history-report.ts';
import { forbids, type IsolationLevel } from './isolation-level.ts';

/** From the worst on: what makes all other findings doubtful comes first. */
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

/** The anomalies that were found so far. */
export class Findings {
  readonly level: IsolationLevel;
  /**
   * The transactions that a lost update or a fuzzy read explains: the cycles they close need no other name.
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
