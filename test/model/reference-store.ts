import { covers, toKeyRange } from '../../src/key-range.ts';
import { type Command, type KeyCommand, type ScanRange, SLOTS, type TransactionCommand } from './command.ts';
import { DONE, type Outcome } from './outcome.ts';
import { ReferenceLocks } from './reference-locks.ts';
import { type ReferenceRow, ReferenceRows } from './reference-rows.ts';
import { ReferenceTransaction } from './reference-transaction.ts';

export interface ReferenceOptions {
  /** See `ReferenceLocks`. */
  readonly isCoarse: boolean;
  /** The most entries that may stay. */
  readonly max: number;
}

type Snapshot = ReadonlyMap<string, ReferenceRow>;

/** What a store should do, without concurrency, strategies, or any thought of speed. */
export class ReferenceStore {
  readonly rows: ReferenceRows;
  readonly #locks: ReferenceLocks;
  readonly #transactions = new Map<number, ReferenceTransaction>();
  readonly #snapshots = new Map<number, Snapshot>();

  constructor({ isCoarse, max }: ReferenceOptions) {
    this.#locks = new ReferenceLocks(isCoarse);
    this.rows = new ReferenceRows(this.#locks, max);
  }

  /** Which transactions are open. */
  get open(): readonly number[] {
    return [...this.#transactions.keys()];
  }

  get openSnapshots(): readonly number[] {
    return [...this.#snapshots.keys()];
  }

  /** What the command should do; undefined when it makes no sense now. */
  apply(command: Command): Outcome | undefined {
    switch (command.by) {
      case 'clock':
        this.rows.advance(command.ms);
        return DONE;
      case 'store':
        return this.#oneShot(command.does);
      case 'snapshot':
        return this.#inSnapshot(command.slot, command.does);
      default:
        return this.#inTransaction(command.by, command.does);
    }
  }

  #inTransaction(slot: number, command: TransactionCommand): Outcome | undefined {
    const transaction = this.#transactions.get(slot);
    if ((transaction === undefined) !== (command.type === 'begin')) return undefined;
    if (transaction === undefined) {
      this.#transactions.set(slot, new ReferenceTransaction(slot, this.#locks, this.rows));
      return DONE;
    }
    if (command.type === 'rollbackTo' && command.savepoint >= transaction.savepoints) return undefined;
    if (command.type === 'commit' || command.type === 'rollback') this.#transactions.delete(slot);
    return transaction.do(command);
  }

  #inSnapshot(slot: number, command: TransactionCommand): Outcome | undefined {
    const snapshot = this.#snapshots.get(slot);
    if ((snapshot === undefined) !== (command.type === 'begin')) return undefined;
    if (snapshot === undefined) {
      this.#snapshots.set(slot, this.rows.entries());
      return DONE;
    }
    switch (command.type) {
      case 'get':
        return { result: this.#readIn(snapshot, command.key) };
      case 'has':
        return { result: this.#readIn(snapshot, command.key) !== undefined };
      case 'getMany':
        return { result: command.keys.map((key) => this.#readIn(snapshot, key)) };
      case 'scan':
        if (command.range.forUpdate) return { code: 'READ_ONLY' };
        return { result: this.#scanIn(snapshot, command.range) };
      case 'put':
      case 'putMany':
      case 'del':
      case 'getForUpdate':
        return { code: 'READ_ONLY' };
      case 'commit':
      case 'rollback':
        this.#snapshots.delete(slot);
        return DONE;
      default:
        return undefined;
    }
  }

  #oneShot(command: KeyCommand): Outcome | undefined {
    switch (command.type) {
      case 'get':
        return { result: this.rows.read(command.key) };
      case 'has':
        return { result: this.rows.read(command.key) !== undefined };
      case 'getMany':
        return { result: command.keys.map((key) => this.rows.read(key)) };
      case 'scan':
        return { result: this.#scanIn(this.rows.entries(), command.range) };
      default: {
        // A delete that finds nothing, and nobody there, is not even a transaction.
        if (command.type === 'del' && !this.rows.isThereOrLocked(command.key)) return { result: false };
        // A transaction of its own, which never waits. A slot that no other has.
        const transaction = new ReferenceTransaction(SLOTS, this.#locks, this.rows);
        const outcome = transaction.do(command);
        if ('code' in outcome) transaction.do({ type: 'rollback' });
        else transaction.do({ type: 'commit' });
        return outcome;
      }
    }
  }

  /** A read of what is still as it was is a use of the entry; a read of an old version is not. */
  #readIn(snapshot: Snapshot, key: string): number | undefined {
    const row = snapshot.get(key);
    if (row !== undefined && this.rows.peek(key) === row) this.rows.read(key);
    return row?.value;
  }

  #scanIn(snapshot: Snapshot, range: ScanRange): [string, number][] {
    const bounds = toKeyRange(range);
    const keys = [...snapshot.keys()].filter((key) => covers(bounds, key)).sort();
    if (range.reverse) keys.reverse();
    return keys.slice(0, range.limit).map((key) => [key, this.#readIn(snapshot, key) ?? 0]);
  }
}
