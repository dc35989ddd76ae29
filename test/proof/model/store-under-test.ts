import { MemStore, MemStoreError, type MemStoreOptions, type Savepoint, type Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { turn } from '../../memory/open-store.ts';
import type {
  Command,
  KeyCommand,
  OperatorCommand,
  Patience,
  ScanRange,
  TransactionCommand,
} from './command.ts';
import { passList, passOptions } from './manner.ts';
import type { MemoryJournal } from './memory-journal.ts';
import type { Outcome } from './outcome.ts';
import { IDLE_MS } from './reference-store.ts';
import { makeValue, sampleOf } from './sample-value.ts';

/** The time for which a close waits for open transactions, in milliseconds. */
export const DRAIN_MS = 50;

type Values = Record<string, unknown>;
type Wait = { readonly lockTimeout?: number; readonly signal?: AbortSignal };

/** Runs the commands on the real store. */
export class StoreUnderTest {
  readonly store: MemStore<Values>;
  readonly clock: FakeClock = new FakeClock();
  readonly #transactions = new Map<number, Transaction<Values>>();
  readonly #savepoints = new Map<number, Savepoint[]>();
  readonly #scans = new Map<number, AsyncIterableIterator<[string, unknown]>>();
  readonly #snapshots = new Map<number, Transaction<Values>>();
  readonly #journal: MemoryJournal | undefined;

  constructor(options: MemStoreOptions) {
    this.store = new MemStore<Values>({ ...options, clock: this.clock, idleTimeout: IDLE_MS / 2 });
    this.#journal = options.journal as MemoryJournal | undefined;
  }

  /** Resolves when the journal has answered every append, including those of evictions and expiries. */
  async settle(): Promise<void> {
    await turn();
    while (this.#journal?.isIdle === false) await turn();
  }

  /** Runs a command and returns its outcome. A command that waits is cancelled and counts as refused. */
  async do(command: Command): Promise<Outcome> {
    switch (command.by) {
      case 'clock':
        this.clock.advance(command.ms);
        return outcomeOf(turn());
      case 'operator':
        return outcomeOf(this.#operate(command.does));
      case 'store':
        return outcomeOf(this.#oneShot(command.does));
      case 'snapshot':
        return outcomeOf(this.#inSnapshot(command.slot, command.does));
      default:
        return this.#inTransaction(command.by, command.patience, command.does);
    }
  }

  /**
   * Closes the store. The given transaction commits while the store drains. The others are rolled back.
   * @returns the outcome of that commit
   */
  async close(committing: number | undefined): Promise<Outcome> {
    const closing = this.store.close({ drainTimeout: DRAIN_MS });
    const commit = committing === undefined ? undefined : this.#transactions.get(committing)?.commit();
    const outcome = await outcomeOf(commit ?? Promise.resolve());
    if (committing !== undefined) this.#transactions.delete(committing);
    this.clock.advance(DRAIN_MS);
    await closing;
    for (const tx of this.#transactions.values()) {
      const refused = await outcomeOf(tx.get('a'));
      if (!('code' in refused) || refused.code !== 'STORE_CLOSED')
        throw new Error(
          `A transaction of a closed store must fail with STORE_CLOSED, got ${JSON.stringify(refused)}.`,
        );
    }
    return outcome;
  }

  /**
   * Returns the entries of the store. If it has a journal, the store must be closed, and the entries come
   * from the journal.
   */
  async contents(): Promise<[string, unknown][]> {
    if (this.#journal === undefined) return collect(this.store.entries());
    const reopened = new MemStore<Values>({ journal: this.#journal, clock: this.clock });
    const entries = await collect(reopened.entries());
    await reopened.close();
    return entries;
  }

  async #operate(command: OperatorCommand): Promise<unknown> {
    switch (command) {
      case 'fail the journal':
        if (this.#journal !== undefined) this.#journal.failsNext = true;
        return undefined;
      case 'commitAll': {
        this.#transactions.clear();
        const error: unknown = await this.store.commitAll().catch((reason: unknown) => reason);
        return error instanceof AggregateError ? error.errors.map(({ code }: MemStoreError) => code) : [];
      }
      case 'rollbackAll':
        this.#transactions.clear();
        return this.store.rollbackAll();
      case 'idle': {
        this.clock.advance(IDLE_MS);
        for (const tx of [...this.#transactions.values(), ...this.#snapshots.values()]) {
          const refused = await outcomeOf(tx.get('a'));
          if (!('code' in refused) || refused.code !== 'TRANSACTION_EXPIRED')
            throw new Error(
              `An idle transaction must fail with TRANSACTION_EXPIRED, got ${JSON.stringify(refused)}.`,
            );
        }
        this.#transactions.clear();
        this.#snapshots.clear();
        return undefined;
      }
    }
  }

  async #inTransaction(slot: number, patience: Patience, command: TransactionCommand): Promise<Outcome> {
    const tx = this.#transactions.get(slot);
    if (tx === undefined) {
      this.#transactions.set(slot, await this.store.begin());
      this.#savepoints.set(slot, []);
      this.#scans.delete(slot);
      return { result: undefined };
    }
    if (command.type === 'commit' || command.type === 'rollback') this.#transactions.delete(slot);
    if (patience === 'refuse') return outcomeOf(this.#perform(tx, slot, command, { lockTimeout: 0 }));
    const controller = new AbortController();
    const watched = watch(this.#perform(tx, slot, command, { signal: controller.signal }));
    await turn();
    if (watched.settled) return outcomeOf(watched.promise);
    controller.abort();
    const outcome = await outcomeOf(watched.promise);
    return 'code' in outcome && outcome.code === 'ABORTED' ? { code: 'LOCK_UNAVAILABLE' } : outcome;
  }

  async #perform(
    tx: Transaction<Values>,
    slot: number,
    command: TransactionCommand,
    wait: Wait,
  ): Promise<unknown> {
    const savepoints = this.#savepoints.get(slot) ?? [];
    switch (command.type) {
      case 'getForUpdate':
        return sampleOf(await tx.getForUpdate(command.key, passOptions(wait, command.manner)));
      case 'ttl':
        return tx.ttl(command.key, passOptions(wait, command.manner));
      case 'savepoint':
        savepoints.push(await tx.savepoint());
        return undefined;
      case 'rollbackTo': {
        const savepoint = savepoints[command.savepoint];
        savepoints.length = command.savepoint + 1;
        return savepoint && tx.rollbackTo(savepoint);
      }
      case 'commit':
        return tx.commit();
      case 'rollback':
        return tx.rollback();
      case 'begin':
        throw new Error('The command begin must not reach an open transaction.');
      case 'open scan':
        this.#scans.set(slot, tx.entries({ ...command.range, lockTimeout: 0 }));
        return undefined;
      case 'next row': {
        const row = await this.#scans.get(slot)?.next();
        return row?.done === false ? [row.value[0], sampleOf(row.value[1])] : undefined;
      }
      case 'leave scan':
        return (await this.#scans.get(slot)?.return?.())?.value;
      case 'scan':
        return collect(tx.entries(passOptions({ ...command.range, ...wait }, command.manner)));
      default:
        return perform(tx, command, wait);
    }
  }

  async #inSnapshot(slot: number, command: TransactionCommand): Promise<unknown> {
    const snapshot = this.#snapshots.get(slot);
    if (snapshot === undefined) {
      this.#snapshots.set(slot, (await this.store.begin({ readOnly: true })) as Transaction<Values>);
      return undefined;
    }
    if (command.type === 'commit' || command.type === 'rollback') this.#snapshots.delete(slot);
    return this.#perform(snapshot, -1, command, {});
  }

  #oneShot(command: KeyCommand): Promise<unknown> {
    if (command.type !== 'scan') return perform(this.store, command, { lockTimeout: 0 });
    const { gte, lte, reverse, limit }: ScanRange = command.range;
    const range = passOptions({ gte, lte, reverse, limit }, command.manner);
    return collect(this.store.entries(range));
  }
}

/** Runs an operation that stores and transactions share. */
async function perform(
  target: Transaction<Values> | MemStore<Values>,
  command: Exclude<KeyCommand, { type: 'scan' }>,
  wait: Wait,
): Promise<unknown> {
  const { manner } = command;
  const options = passOptions(wait, manner);
  switch (command.type) {
    case 'get':
      return sampleOf(await target.get(command.key, options));
    case 'has':
      return target.has(command.key, options);
    case 'del':
      return target.del(command.key, options);
    case 'getMany':
      return (await target.getMany(passList(command.keys, manner), options)).map(sampleOf);
    case 'put':
      return target.put(
        command.key,
        makeValue(command.value),
        passOptions({ ...wait, ttl: command.ttl }, manner),
      );
    case 'putMany': {
      const entries = command.keys.map((key) => [key, makeValue(command.value)] as const);
      return target.putMany(passList(entries, manner), passOptions({ ...wait, ttl: command.ttl }, manner));
    }
  }
}

async function outcomeOf(promise: Promise<unknown>): Promise<Outcome> {
  try {
    return { result: await promise };
  } catch (error) {
    if (error instanceof MemStoreError) return { code: error.code };
    throw error;
  }
}

async function collect(rows: AsyncIterable<[string, unknown]>): Promise<[string, unknown][]> {
  const entries: [string, unknown][] = [];
  for await (const [key, value] of rows) entries.push([key, sampleOf(value)]);
  return entries;
}
