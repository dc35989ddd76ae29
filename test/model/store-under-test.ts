import { MemStore, MemStoreError, type MemStoreOptions, type Savepoint, type Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { watch } from '../../src/testing/store-suite/watch.ts';
import { turn } from '../semantics/open-store.ts';
import type { Command, KeyCommand, Patience, ScanRange, TransactionCommand } from './command.ts';
import type { Outcome } from './outcome.ts';

type Numbers = Record<string, number>;
type Wait = { readonly lockTimeout?: number; readonly signal?: AbortSignal };

/** Does the same commands to the real store. */
export class StoreUnderTest {
  readonly store: MemStore<Numbers>;
  readonly clock: FakeClock = new FakeClock();
  readonly #transactions = new Map<number, Transaction<Numbers>>();
  readonly #savepoints = new Map<number, Savepoint[]>();
  readonly #snapshots = new Map<number, Transaction<Numbers>>();

  constructor(options: MemStoreOptions) {
    this.store = new MemStore<Numbers>({
      ...options,
      clock: this.clock,
      idleTimeout: Number.POSITIVE_INFINITY,
    });
  }

  /** What comes of a command. One that waits is cancelled, and then counts as refused. */
  async do(command: Command): Promise<Outcome> {
    switch (command.by) {
      case 'clock':
        this.clock.advance(command.ms);
        return outcomeOf(turn());
      case 'store':
        return outcomeOf(this.#oneShot(command.does));
      case 'snapshot':
        return outcomeOf(this.#inSnapshot(command.slot, command.does));
      default:
        return this.#inTransaction(command.by, command.patience, command.does);
    }
  }

  /** What the journal and the shards have, by a store that is opened anew if there is a journal. */
  async contents(options: MemStoreOptions): Promise<[string, number][]> {
    await this.store.rollbackAll();
    for (const snapshot of this.#snapshots.values()) await snapshot.commit();
    if (options.journal === undefined) return collect(this.store.entries());
    await this.store.close();
    const reopened = new MemStore<Numbers>({ journal: options.journal, clock: this.clock });
    const entries = await collect(reopened.entries());
    await reopened.close();
    return entries;
  }

  async #inTransaction(slot: number, patience: Patience, command: TransactionCommand): Promise<Outcome> {
    const tx = this.#transactions.get(slot);
    if (tx === undefined) {
      this.#transactions.set(slot, await this.store.begin());
      this.#savepoints.set(slot, []);
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
    tx: Transaction<Numbers>,
    slot: number,
    command: TransactionCommand,
    wait: Wait,
  ): Promise<unknown> {
    const savepoints = this.#savepoints.get(slot) ?? [];
    switch (command.type) {
      case 'getForUpdate':
        return tx.getForUpdate(command.key, wait);
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
        throw new Error('it has begun');
      case 'scan':
        return collect(tx.entries({ ...command.range, ...wait }));
      default:
        return perform(tx, command, wait);
    }
  }

  async #inSnapshot(slot: number, command: TransactionCommand): Promise<unknown> {
    const snapshot = this.#snapshots.get(slot);
    if (snapshot === undefined) {
      this.#snapshots.set(slot, await this.store.begin({ readOnly: true }));
      return undefined;
    }
    if (command.type === 'commit' || command.type === 'rollback') this.#snapshots.delete(slot);
    return this.#perform(snapshot, -1, command, {});
  }

  #oneShot(command: KeyCommand): Promise<unknown> {
    if (command.type !== 'scan') return perform(this.store, command, { lockTimeout: 0 });
    const { gte, lte, reverse, limit }: ScanRange = command.range;
    return collect(this.store.entries({ gte, lte, reverse, limit }));
  }
}

/** The operations that a store and a transaction have in common. */
function perform(
  target: Transaction<Numbers> | MemStore<Numbers>,
  command: Exclude<KeyCommand, { type: 'scan' }>,
  wait: Wait,
): Promise<unknown> {
  switch (command.type) {
    case 'get':
      return target.get(command.key, wait);
    case 'has':
      return target.has(command.key, wait);
    case 'del':
      return target.del(command.key, wait);
    case 'getMany':
      return target.getMany(command.keys, wait);
    case 'put':
      return target.put(command.key, command.value, { ...wait, ttl: command.ttl });
    case 'putMany':
      return target.putMany(
        command.keys.map((key) => [key, command.value] as const),
        { ...wait, ttl: command.ttl },
      );
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

async function collect(rows: AsyncIterable<[string, number]>): Promise<[string, number][]> {
  const entries: [string, number][] = [];
  for await (const row of rows) entries.push(row);
  return entries;
}
