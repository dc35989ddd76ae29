import { ScanOptions } from '../../arguments/scan-options.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import type { Engine } from '../engine.ts';
import type { Row } from '../scan/scan-iterator.ts';
import { SnapshotScan } from '../scan/snapshot-scan.ts';
import type { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { openSnapshot } from '../transaction/begin.ts';
import type { WatchTarget } from './watch-groups.ts';

/** The most entries in one part of a snapshot. */
const MAX_ENTRIES_PER_PART = 1_000;

/** A part of the snapshot with which a feed starts. */
export interface SnapshotPart {
  readonly entries: Row[];
  readonly isLast: boolean;
}

/** Reads the entries of a key or a range as of one moment, in parts. Closes the snapshot at the last part. */
export class SnapshotReader {
  readonly #snapshot: SnapshotTransaction;
  readonly #target: WatchTarget;
  readonly #scan: SnapshotScan;
  readonly #budget: TurnBudget;
  /** The first entry of the next part. It is read ahead to find out whether there is a next part. */
  #ahead: Row | undefined = undefined;

  /** Opens a snapshot of the last commit. */
  constructor(engine: Engine, target: WatchTarget) {
    this.#target = target;
    this.#snapshot = openSnapshot(engine);
    const bounds = typeof target === 'string' ? {} : { gte: target.from, lt: target.to };
    this.#scan = new SnapshotScan(this.#snapshot, ScanOptions.of(bounds));
    this.#budget = new TurnBudget(engine.settings.clock);
  }

  /**
   * Reads the next part, and yields to the event loop every few milliseconds. REQUIRES: no other read is
   * running.
   * @throws {MemStoreError} as a rejection, the error that ended the snapshot
   */
  async read(): Promise<SnapshotPart> {
    if (typeof this.#target === 'string') return this.#readKey(this.#target);
    const entries: Row[] = this.#ahead === undefined ? [] : [this.#ahead];
    for (;;) {
      const result = await this.#scan.step();
      if (result.done) break;
      if (entries.length === MAX_ENTRIES_PER_PART) {
        this.#ahead = result.value;
        return { entries, isLast: false };
      }
      entries.push(result.value);
      if (this.#budget.isSpent()) await this.#budget.yieldTurn();
    }
    this.close();
    return { entries, isLast: true };
  }

  /** Reads the only part of a single key, which needs no index. */
  #readKey(key: string): SnapshotPart {
    const value = this.#snapshot.get(key, undefined);
    this.close();
    return { entries: value === undefined ? [] : [[key, value]], isLast: true };
  }

  /** Closes the snapshot, so that the store can drop the old versions that the snapshot needed. */
  close(): void {
    if (this.#snapshot.status === 'active') this.#snapshot.commit();
  }
}
