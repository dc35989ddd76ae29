import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import type { SnapshotTransaction } from './snapshot-transaction.ts';

/**
 * Reads the values of many keys in a snapshot. Yields to the event loop every few milliseconds.
 * @throws {MemStoreError} as a rejection, if the snapshot ends meanwhile
 */
export async function readInTurns(
  snapshot: SnapshotTransaction,
  keys: readonly string[],
): Promise<unknown[]> {
  const budget = new TurnBudget(snapshot.engine.settings.clock);
  const values: unknown[] = [];
  for (const key of keys) {
    values.push(snapshot.load(key));
    if (!budget.isSpent()) continue;
    await budget.yieldTurn();
    snapshot.checkOpen();
  }
  return values;
}
