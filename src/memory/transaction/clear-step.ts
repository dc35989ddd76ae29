import type { RangeBounds } from '../../contract/key-range.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import { LockingScan } from '../scan/locking-scan.ts';
import type { Row } from '../scan/scan-iterator.ts';
import { deletionOf } from '../write.ts';
import { deleteManyStep } from './list-steps.ts';
import { WriteWork } from './list-work.ts';
import { tooManyWrites } from './new-write.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';

/** The number of the only call of a scan that belongs to a `clear`. */
const ONLY_CALL = 1;

/** The progress of a `clear`: it locks the range and every key in it, and then deletes them all. */
export class ClearWork {
  readonly scan: LockingScan;
  readonly rows: Row[] = [];
  readonly budget: TurnBudget;
  /** Undefined until every key is locked. */
  deletions: WriteWork | undefined = undefined;

  constructor(tx: ReadWriteTransaction, range: RangeBounds, operationNumber: number) {
    // Read one row more than the limit, to detect that the range has too many rows.
    const limit = tx.engine.settings.maxTransactionWrites + 1;
    this.scan = new LockingScan(tx, { ...range, forUpdate: true, limit }, operationNumber, true);
    this.budget = new TurnBudget(tx.engine.settings.clock);
  }

  /** True once some deletions may have been made. Then only the whole transaction can be cancelled. */
  get hasActed(): boolean {
    return this.deletions?.hasActed ?? false;
  }
}

/** Returns how many entries were deleted (see `Step`). */
export function clearStep(tx: ReadWriteTransaction, work: ClearWork): number | Promise<void> {
  if (work.deletions === undefined) {
    const { clock, maxTransactionWrites } = tx.engine.settings;
    const rows = work.scan.collectStep(ONLY_CALL, work.rows, work.budget);
    if (rows instanceof Promise) return rows;
    if (rows.length > maxTransactionWrites) throw tooManyWrites(maxTransactionWrites);
    work.deletions = new WriteWork(
      rows.map(([key]) => deletionOf(key)),
      clock,
    );
  }
  return deleteManyStep(tx, work.deletions);
}
