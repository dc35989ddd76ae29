import { type DependencyGraph, REAL_TIME } from './dependency-graph.ts';
import type { HistoryIndex } from './history-index.ts';

/**
 * Adds edges from every transaction to all transactions that began after it had ended.
 *
 * Direct edges would be quadratic in the number of transactions. So the edges pass through a chain of
 * junctions: ended -> moment -> next moment -> began. There is one junction for each moment when some
 * transactions had ended before others began.
 */
export function addRealTimeEdges(graph: DependencyGraph, index: HistoryIndex): void {
  const included = [...index.transactions.keys()].filter((transaction) => index.isIncluded(transaction));
  const byBegin = included.toSorted((a, b) => compare(index.beginOf(a), index.beginOf(b)));
  const byEnd = included.toSorted((a, b) => compare(index.endOf(a), index.endOf(b)));
  let ended = 0;
  let moment: number | undefined;
  for (const began of byBegin) {
    const arrivals: number[] = [];
    for (let next = byEnd[ended]; next !== undefined; next = byEnd[ended]) {
      if (index.endOf(next) >= index.beginOf(began)) break;
      arrivals.push(next);
      ended++;
    }
    if (arrivals.length > 0) {
      const later = graph.addJunction();
      if (moment !== undefined) graph.add(moment, later, 0);
      for (const arrival of arrivals) graph.add(arrival, later, REAL_TIME);
      moment = later;
    }
    if (moment !== undefined) graph.add(moment, began, 0);
  }
}

/** Compares two times. Unlike a subtraction, it also works for two equal infinities. */
function compare(a: number, b: number): number {
  return a < b ? -1 : Number(a > b);
}
