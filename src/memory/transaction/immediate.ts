import { checkKey } from '../../arguments/check-arguments.ts';
import { checkTtl } from '../../arguments/ttl.ts';
import type {
  AnyTransaction,
  ImmediateOperations,
  ImmediateTransaction,
} from '../../contract/direct-operations.ts';
import type { LockRow } from '../../contract/lock-report.ts';
import { rowsOf } from '../../contract/lock-report.ts';
import type { TransactionOptions } from '../../contract/store.ts';
import { STEPS_PER_LOOK } from '../../lifecycle/turn-limits.ts';
import type { Engine } from '../engine.ts';
import { ImmediateSnapshot } from '../snapshot/immediate-snapshot.ts';
import { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { newWrite } from './arguments.ts';
import { beginAtOnce, openSnapshot } from './begin.ts';
import { ImmediateReadWrite } from './immediate-transaction.ts';
import { commitAlone } from './one-shot.ts';
import { readInTurns } from './read-in-turns.ts';
import { ReadWriteTransaction } from './read-write-transaction.ts';
import { deletionOf } from './write-set.ts';

/** What a store that is being opened, or was closed, has to say first. */
interface Gate {
  isOpen(): boolean;
  /** Does something as soon as the store is open. */
  whenOpen<T>(action: () => T | Promise<T>): Promise<T>;
}

/** What can be done of the one-shot operations within the call. */
export class Immediate implements ImmediateOperations {
  readonly #engine: Engine;
  readonly #gate: Gate;

  constructor(engine: Engine, gate: Gate) {
    this.#engine = engine;
    this.#gate = gate;
  }

  get isOpen(): boolean {
    return this.#gate.isOpen();
  }

  lockRows(): Iterable<LockRow> {
    const { locks } = this.#engine;
    return locks.rows?.() ?? rowsOf(locks.report());
  }

  get longestWaitMs(): number | undefined {
    return this.#engine.waits.longestMs;
  }

  reserveIds(count: number): number | undefined {
    return this.#engine.admission === undefined ? this.#engine.reserveIds(count) : undefined;
  }

  begin(id: number | undefined, options: TransactionOptions): AnyTransaction | Promise<AnyTransaction> {
    if (!this.#gate.isOpen()) return this.#beginWhenOpen(id, options);
    return beginAtOnce(this.#engine, id, options) as unknown as AnyTransaction | Promise<AnyTransaction>;
  }

  /** A function of its own, because one that makes a closure pays for it also when it returns before. */
  #beginWhenOpen(id: number | undefined, options: TransactionOptions): Promise<AnyTransaction> {
    return this.#gate.whenOpen(() => this.begin(id, options));
  }

  within(transaction: AnyTransaction): ImmediateTransaction | undefined {
    const tx: unknown = transaction;
    if (tx instanceof ReadWriteTransaction) return new ImmediateReadWrite(tx);
    return tx instanceof SnapshotTransaction ? new ImmediateSnapshot(tx) : undefined;
  }

  get(key: string): unknown {
    checkKey(key);
    return this.#engine.settings.copier.load(this.#engine.readCommitted(key));
  }

  /** Returns the committed values of checked keys, all as of one moment. A long list takes several turns. */
  getMany(keys: readonly string[]): unknown[] | Promise<unknown[]> {
    return keys.length > STEPS_PER_LOOK ? this.#getManyInTurns(keys) : keys.map((key) => this.get(key));
  }

  async #getManyInTurns(keys: readonly string[]): Promise<unknown[]> {
    const snapshot = openSnapshot(this.#engine);
    try {
      return await readInTurns(snapshot, keys);
    } finally {
      if (snapshot.status === 'active') void snapshot.commit();
    }
  }

  put(key: string, value: unknown, ttlMs: number | undefined): boolean {
    if (ttlMs !== undefined) checkTtl(ttlMs);
    return commitAlone(this.#engine, newWrite(this.#engine, key, value, ttlMs));
  }

  del(key: string): boolean | undefined {
    checkKey(key);
    const engine = this.#engine;
    if (engine.isLocked(key)) return undefined;
    if (engine.readCommitted(key) === undefined) return false;
    return commitAlone(engine, deletionOf(key)) ? true : undefined;
  }
}
