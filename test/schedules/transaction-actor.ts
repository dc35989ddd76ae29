import type { MemStore, RangeOptions, Savepoint, WaitOptions } from 'memstore-tx';
import { type AnyTransaction, TTL_MS } from './bench.ts';
import { isGradual, type LockSet, NO_LOCKS, needsOf } from './lock-model.ts';
import { Operation } from './operation.ts';
import { type Event, event, type Key } from './program.ts';
import type { State } from './serial-model.ts';

const COMMIT: Event = event('commit');

type End = 'committed' | 'aborted';

/** One transaction of a schedule: it makes its next step when told, and not while the last one is pending. */
export class TransactionActor {
  readonly number: number;
  readonly events: readonly Event[];
  readonly operations: Operation[] = [];
  tx: AnyTransaction | undefined = undefined;
  pending: Operation | undefined = undefined;
  end: End | undefined = undefined;
  /** What a snapshot saw at its beginning; undefined for a read-write transaction. */
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

  /** True while it waits for a lock, and not for a journal. */
  get isWaiting(): boolean {
    return this.pending !== undefined && this.pending.event.op !== 'commit';
  }

  /**
   * The locks that it may hold: those of its operations that are done, and any of a scan, which takes one after
   * the other.
   */
  get mayHold(): LockSet {
    let locks = NO_LOCKS;
    for (const operation of this.operations) {
      if (operation.status === 'done' || isGradual(operation.event)) locks |= needsOf(operation.event);
    }
    return locks;
  }

  step(): Operation {
    const { tx } = this;
    if (tx === undefined) throw new Error('the transaction has not begun');
    const operation = new Operation(this.nextEvent, this.number, this.#next++);
    this.operations.push(operation);
    this.pending = operation;
    operation.follow(this.#perform(tx, operation), this.#settled);
    return operation;
  }

  /** Aborts the signal of the operation that is pending; later ones have a new signal. */
  cancel(): void {
    const controller = this.#controller;
    this.#controller = undefined;
    controller?.abort();
  }

  #perform(tx: AnyTransaction, { event: { op, key }, value }: Operation): Promise<unknown> {
    switch (op) {
      case 'savepoint':
        return tx.savepoint().then((savepoint) => {
          this.#savepoint = savepoint;
        });
      case 'rollbackTo':
        if (this.#savepoint === undefined) throw new Error('there is no savepoint');
        return tx.rollbackTo(this.#savepoint);
      case 'rollback':
        return tx.rollback();
      case 'commit':
        return tx.commit();
      case 'scan':
        return collect(tx, { ...rangeOf(key), ...this.#options() });
      case 'scanForUpdate':
        return collect(tx, { ...rangeOf(key), ...this.#options(), forUpdate: true });
      default:
        if (key === undefined) throw new Error(`${op} needs a key`);
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
        return tx.put(key, value, { ttl: TTL_MS });
      default:
        return tx.del(key, this.#options());
    }
  }

  #options(): WaitOptions | undefined {
    if (!this.#isCancellable) return undefined;
    this.#controller ??= new AbortController();
    return { signal: this.#controller.signal };
  }
}

/** Opens the transactions, the first being the oldest. */
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
