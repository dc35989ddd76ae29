import { covers, toKeyRange } from '../../../src/contract/key-range.ts';
import {
  type Command,
  type KeyCommand,
  type OperatorCommand,
  type ScanRange,
  SLOTS,
  type TransactionCommand,
} from './command.ts';
import { DONE, type Outcome } from './outcome.ts';
import { ReferenceLocks } from './reference-locks.ts';
import { type ReferenceRow, ReferenceRows } from './reference-rows.ts';
import { ReferenceTransaction } from './reference-transaction.ts';
import { isStorable, type SampleValue } from './sample-value.ts';

/** The longest TTL, in milliseconds. */
const MAX_TTL_MS = 9_000_000_000_000;
/** Twice the idle timeout of a transaction, in milliseconds. */
export const IDLE_MS = 250_000;

export interface ReferenceOptions {
  /** See `ReferenceLocks`. */
  readonly isCoarse: boolean;
  /** The maximum number of entries. */
  readonly max: number;
  /** The maximum number of keys that a transaction may write. */
  readonly maxWrites: number;
  readonly hasJournal: boolean;
}

type Snapshot = ReadonlyMap<string, ReferenceRow>;

/** A model of a store, without concurrency, strategies or optimizations. */
export class ReferenceStore {
  readonly rows: ReferenceRows;
  readonly #locks: ReferenceLocks;
  readonly #transactions = new Map<number, ReferenceTransaction>();
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #options: ReferenceOptions;
  #journalFails = false;

  constructor(options: ReferenceOptions) {
    const { isCoarse, max } = options;
    this.#options = options;
    this.#locks = new ReferenceLocks(isCoarse);
    this.rows = new ReferenceRows(this.#locks, max);
  }

  /** Returns the slots of the open transactions. */
  get open(): readonly number[] {
    return [...this.#transactions.keys()];
  }

  get openSnapshots(): readonly number[] {
    return [...this.#snapshots.keys()];
  }

  /** Returns the expected outcome of the command, or `undefined` if the command is not possible now. */
  apply(command: Command): Outcome | undefined {
    switch (command.by) {
      case 'clock':
        this.rows.advance(command.ms);
        return DONE;
      case 'operator':
        return this.#operate(command.does);
      case 'store':
        return flawOf(command.does) ?? this.#oneShot(command.does);
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
      this.#transactions.set(slot, this.#newTransaction(slot));
      return DONE;
    }
    const flaw = flawOf(command);
    if (flaw !== undefined) return flaw;
    if (command.type === 'rollbackTo' && command.savepoint >= transaction.savepoints) return undefined;
    if (command.type === 'commit' || command.type === 'rollback') this.#transactions.delete(slot);
    return command.type === 'commit' ? this.#commit(transaction) : transaction.do(command);
  }

  #newTransaction(slot: number): ReferenceTransaction {
    return new ReferenceTransaction(slot, this.#locks, this.rows, this.#options.maxWrites);
  }

  #commit(transaction: ReferenceTransaction): Outcome {
    if (!this.#journalFails || !transaction.puts) return transaction.do({ type: 'commit' });
    this.#journalFails = false;
    transaction.do({ type: 'rollback' });
    return { code: 'TRANSACTION_ABORTED' };
  }

  #operate(command: OperatorCommand): Outcome {
    const open = [...this.#transactions.values()];
    switch (command) {
      case 'fail the journal':
        this.#journalFails = this.#options.hasJournal;
        return DONE;
      case 'commitAll': {
        this.#transactions.clear();
        const outcomes = open.map((transaction) => this.#commit(transaction));
        return { result: outcomes.flatMap((outcome) => ('code' in outcome ? outcome.code : [])) };
      }
      case 'rollbackAll':
        this.#transactions.clear();
        for (const transaction of open) transaction.do({ type: 'rollback' });
        return DONE;
      case 'idle':
        this.#transactions.clear();
        this.#snapshots.clear();
        for (const transaction of open.reverse()) transaction.do({ type: 'rollback' });
        this.rows.advance(IDLE_MS);
        return DONE;
    }
  }

  #inSnapshot(slot: number, command: TransactionCommand): Outcome | undefined {
    const snapshot = this.#snapshots.get(slot);
    if ((snapshot === undefined) !== (command.type === 'begin')) return undefined;
    if (snapshot === undefined) {
      this.#snapshots.set(slot, this.rows.entries());
      return DONE;
    }
    // A snapshot rejects writes before it checks their arguments.
    if (['put', 'putMany', 'del', 'getForUpdate'].includes(command.type)) return { code: 'READ_ONLY' };
    const flaw = flawOf(command);
    if (flaw !== undefined) return flaw;
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
        // A delete begins no transaction if the key is absent and not locked.
        if (command.type === 'del' && !this.rows.isThereOrLocked(command.key)) return { result: false };
        // This is a separate transaction that never waits. No other transaction uses its slot.
        const transaction = this.#newTransaction(SLOTS);
        const outcome = transaction.do(command);
        if ('code' in outcome) {
          transaction.do({ type: 'rollback' });
          return outcome;
        }
        const end = this.#commit(transaction);
        return 'code' in end ? end : outcome;
      }
    }
  }

  /**
   * Reads a value of a snapshot. The read counts as a use only if the entry has not changed since the
   * snapshot began.
   */
  #readIn(snapshot: Snapshot, key: string): SampleValue | undefined {
    const row = snapshot.get(key);
    if (row !== undefined && this.rows.peek(key) === row) this.rows.read(key);
    return row?.value;
  }

  #scanIn(snapshot: Snapshot, range: ScanRange): [string, SampleValue][] {
    const bounds = toKeyRange(range);
    const keys = [...snapshot.keys()].filter((key) => covers(bounds, key)).sort();
    if (range.reverse) keys.reverse();
    return keys.slice(0, range.limit).map((key) => [key, this.#readIn(snapshot, key) ?? 0]);
  }
}

/** Returns the error of a command with invalid arguments. A store checks them before anything else. */
function flawOf(command: TransactionCommand): Outcome | undefined {
  if (!('manner' in command) || command.manner === undefined) return undefined;
  const { options, hasHole } = command.manner;
  if (options === 'misspelt') return { code: 'INVALID_OPTION' };
  const puts = command.type === 'put' || command.type === 'putMany';
  if (puts && command.ttl !== Number.POSITIVE_INFINITY && (command.ttl ?? 0) > MAX_TTL_MS)
    return { code: 'INVALID_OPTION' };
  if (hasHole && command.type === 'getMany') return { code: 'INVALID_KEY' };
  if (hasHole && command.type === 'putMany') return { code: 'INVALID_OPTION' };
  return puts && !isStorable(command.value) ? { code: 'INVALID_VALUE' } : undefined;
}
