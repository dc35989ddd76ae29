import type { JournalCommit, JournalWrite } from '../../journal/journal.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import type { Engine } from '../engine.ts';
import type { WriteSet } from './write-set.ts';

/**
 * Writes a large commit to the journal. The preparation takes several turns of the event loop. Other commits
 * may be appended meanwhile.
 * REQUIRES: the writes do not change, and their keys stay locked until the promise settles.
 */
export async function appendInTurns(
  engine: Engine,
  transactionId: number,
  writes: WriteSet,
  commitMs: number,
): Promise<void> {
  const { journal, settings } = engine;
  const budget = new TurnBudget(settings.clock);
  const list: JournalWrite[] = [];
  for (const write of writes) {
    list.push(engine.toJournal(write, commitMs));
    if (budget.isSpent()) await budget.yieldTurn();
  }
  const commit: JournalCommit = { transactionId, writes: list };
  const prepared = await journal?.prepare?.(commit);
  await journal?.append(prepared ?? commit);
}
