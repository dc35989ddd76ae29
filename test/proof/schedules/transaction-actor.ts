import type { MemStore, RangeOptions, Savepoint, WaitOptions } from 'memstore-tx';
import { type AnyTransaction, TTL_MS } from './bench.ts';
import { isGradual, type LockSet, NO_LOCKS, needsOf } from './lock-model.ts';
import { Operation } from './operation.ts';
import { type Event, event, type Key, type OperationName } from './program.ts';
import type { State } from './serial-model.ts';

const COMMIT: Event = event('commit');

/** Operations that do not get a signal: they do not wait, or they test other options. */
const NOT_CANCELLABLE: readonly OperationName[] = ['getNoWait', 'putNoWait', 'scanNoWait', 'scanSkipLocked'];

type End = 'committed' | 'aborted';

/**
 * One transaction of a schedule. It makes its next step when requested, but not while the last step is
 * pending.
 */
export class TransactionActor {
  readonly number: number;
  readonly events: readonly Event[];
  readonly operations: Operation[] = [];
  tx: AnyTransaction | undefined = undefined;
  pending: Operation | undefined = undefined;
  end: End | undefined = undefined;
  /** The state that a snapshot saw at its begin, or `undefined` for a read-write transaction. */
  snapshot: State | undefined = undefined;
  readonly #settled: Operation[];
  readonly #isCancellable: boolean;
  #controller: AbortController | undefined = undefined;
  #savepoint: Savepoint | undefined = undefined;
  #next = 0;

  constructor(number: number, events: readonly Event[], settled: Operation[], isCancellable: boolean) {
    this.number = number;
    this.events = events;
    this.#settled = settled;
    this.#isCancellable = isCancellable;
  }

  get canStep(): boolean {
    return this.end === undefined && this.pending === undefined;
  }

  get nextEvent(): Event {
    return this.events[this.#next] ?? COMMIT;
  }

  /** Returns whether the transaction waits for a lock, not for a journal. */
  get isWaiting(): boolean {
    return this.pending !== undefined && this.pending.event.op !== 'commit';
  }

  /**
   * Returns the locks that the transaction may hold: those of its completed operations, and all locks of a
   * scan, which takes its locks one after the other.
   */
  get mayHold(): LockSet {
    let locks = NO_LOCKS;
    for (const operation of this.operations) {
      if (operation.status === 'done' || isGradual(operation.event)) locks |= needsOf(operation.event);
    }
    return locks;
  }

  /** Returns the locks that the transaction certainly holds. */
  get holds(): LockSet {
    let locks = NO_LOCKS;
    for (const { gained } of this.operations) locks |= gained;
    return locks;
  }

  /** Returns all locks that the transaction may hold or wait for. */
  get uses(): LockSet {
    return this.pending === undefined ? this.mayHold : this.mayHold | needsOf(this.pending.event);
  }

  step(): Operation {
    const { tx } = this;
    if (tx === undefined) throw new Error('The transaction must begin before its first step.');
    const operation = new Operation(this.nextEvent, this.number, this.#next++);
    this.operations.push(operation);
    this.pending = operation;
    operation.isAbortedBefore = this.#controller?.signal.aborted === true;
    operation.follow(this.#perform(tx, operation), this.#settled);
    return operation;
  }

  /** Returns whether the next step of the transaction takes a signal. */
  get isCancellable(): boolean {
    const { op } = this.nextEvent;
    return this.#isCancellable && needsOf(this.nextEvent) !== NO_LOCKS && !NOT_CANCELLABLE.includes(op);
  }

  /**
   * Aborts the signal of the pending operation, or of the next operation if no operation is pending. Later
   * operations have a new signal.
   */
  cancel(): void {
    this.#controller ??= new AbortController();
    this.#controller.abort();
    if (this.isWaiting) this.#controller = undefined;
  }

  #perform(tx: AnyTransaction, { event: { op, key }, value }: Operation): Promise<unknown> {
    switch (op) {
      case 'savepoint':
        return tx.savepoint().then((savepoint) => {
          this.#savepoint = savepoint;
        });
      case 'rollbackTo':
        if (this.#savepoint === undefined)
          throw new Error('A rollbackTo must come after a savepoint of the same transaction.');
        return tx.rollbackTo(this.#savepoint);
      case 'rollback':
        return tx.rollback();
      case 'commit':
        return tx.commit();
      case 'scan':
        return collect(tx, { ...rangeOf(key), ...this.#options() });
      case 'scanNoWait':
        return collect(tx, { ...rangeOf(key), lockTimeout: 0 });
      case 'scanForUpdate':
        return collect(tx, { ...rangeOf(key), ...this.#options(), forUpdate: true });
      case 'scanSkipLocked':
        return collect(tx, { ...rangeOf(key), forUpdate: true, skipLocked: true });
      default:
        if (key === undefined) throw new Error(`The event ${op} must have a key, such as ${op}.a.`);
        return this.#performOn(tx, op, key, value);
    }
  }

  #performOn(tx: AnyTransaction, op: Event['op'], key: Key, value: string): Promise<unknown> {
    switch (op) {
      case 'get':
        return tx.get(key, this.#options());
      case 'getForUpdate':
        return tx.getForUpdate(key, this.#options());
      case 'getNoWait':
        return tx.get(key, { lockTimeout: 0 });
      case 'put':
        return tx.put(key, value, this.#options());
      case 'putNoWait':
        return tx.put(key, value, { lockTimeout: 0 });
      case 'putTtl':
        return tx.put(key, value, { ...this.#options(), ttl: TTL_MS });
      default:
        return tx.del(key, this.#options());
    }
  }

  #options(): WaitOptions | undefined {
    if (!this.#isCancellable) return undefined;
    this.#controller ??= new AbortController();
    const { signal } = this.#controller;
    if (signal.aborted) this.#controller = undefined;
    return { signal };
  }
}

/** Begins the transactions in order, so that the first is the oldest. */
export async function beginAll(
  store: MemStore<Record<string, unknown>>,
  actors: readonly TransactionActor[],
): Promise<void> {
  for (const actor of actors) actor.tx = await store.begin();
}

function rangeOf(key: Key | undefined): RangeOptions {
  return key === undefined ? { gte: 'a', lte: 'b' } : { gte: key, lte: key };
}

async function collect(tx: AnyTransaction, range: RangeOptions): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of tx.entries(range)) rows.push(row);
  return rows;
}
