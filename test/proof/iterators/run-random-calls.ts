import type { ReadTransaction, Store, Transaction } from 'memstore-tx';
import { expect } from 'vitest';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { ReferenceScan, type ScanOf } from './reference-scan.ts';

type AnyStore = Store<Record<string, unknown>>;
type AnyTransaction = Transaction<Record<string, unknown>>;
type AnySnapshot = ReadTransaction<Record<string, unknown>>;
type AnyIterator = AsyncIterableIterator<readonly [string, unknown], unknown>;

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const SEGMENTS = 4;
const CALLS_PER_SEGMENT = 12;
const REASON = new Error('the reason that throw() is given');

/** A pending call and its expected result. */
interface Call {
  readonly what: string;
  readonly outcome: Promise<unknown>;
  readonly expected: unknown;
}

/** An iterator and its model. */
interface Scan {
  readonly iterator: AnyIterator;
  readonly reference: ReferenceScan;
  /** Whether a rollback to a savepoint cancels the iterator. */
  readonly isOfTransaction: boolean;
  readonly savepointsBefore: number;
}

/**
 * Calls iterators at random between the other operations of a transaction, without awaiting the calls.
 * Meanwhile, another transaction holds some of the keys and then releases them. Every call must have the
 * result of the model, which runs the calls one after the other.
 */
export async function runRandomCalls(store: AnyStore, seed: number): Promise<void> {
  await new RandomCalls(store, seed).run();
}

class RandomCalls {
  readonly #store: AnyStore;
  readonly #random: () => number;
  #rows = new Map<string, number>();
  #scans: Scan[] = [];
  #savepoints = 0;
  #value = 0;

  constructor(store: AnyStore, seed: number) {
    this.#store = store;
    this.#random = seededRandom(seed);
  }

  async run(): Promise<void> {
    for (const key of KEYS) if (this.#chance(0.7)) this.#rows.set(key, ++this.#value);
    await this.#store.putMany(this.#rows);
    const [tx, snapshot] = [await this.#store.begin(), await this.#store.begin({ readOnly: true })];
    const committed = new Map(this.#rows);
    for (let segment = 0; segment < SEGMENTS; segment++) {
      const other = await this.#inTheWay();
      const calls = Array.from({ length: CALLS_PER_SEGMENT }, () => this.#call(tx, snapshot, committed));
      await other.rollback();
      for (const { what, outcome, expected } of calls) expect(await outcome, what).toEqual(expected);
      if (this.#chance(0.5)) await this.#goBack(tx);
    }
    await Promise.all([tx.commit(), snapshot.commit()]);
    const rows: unknown[] = [];
    for await (const row of this.#store.entries()) rows.push(row);
    expect(rows).toEqual([...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Begins another transaction that holds some of the free keys. */
  async #inTheWay(): Promise<AnyTransaction> {
    const other = await this.#store.begin({ lockTimeout: 0 });
    for (const key of KEYS) if (this.#chance(0.4)) await other.getForUpdate(key).catch(() => {});
    return other;
  }

  /** Writes after a savepoint, and rolls back to it. */
  async #goBack(tx: AnyTransaction): Promise<void> {
    const before = new Map(this.#rows);
    const savepoint = await tx.savepoint();
    const number = ++this.#savepoints;
    const other = await this.#inTheWay();
    const calls = Array.from({ length: 4 }, () => this.#call(tx, tx, new Map()));
    await other.rollback();
    for (const { what, outcome, expected } of calls) expect(await outcome, what).toEqual(expected);
    await tx.rollbackTo(savepoint);
    this.#rows = before;
    for (const { reference, isOfTransaction, savepointsBefore } of this.#scans)
      if (isOfTransaction && savepointsBefore >= number) reference.cancel();
  }

  #call(tx: AnyTransaction, snapshot: AnySnapshot, committed: ReadonlyMap<string, number>): Call {
    const scan = this.#pick(this.#scans);
    if (scan === undefined || this.#chance(0.15)) {
      this.#scans.push(this.#scan(tx, snapshot, committed));
      return { what: 'entries', outcome: Promise.resolve(), expected: undefined };
    }
    return this.#chance(0.6) ? this.#iteratorCall(scan) : this.#operation(tx);
  }

  #scan(tx: AnyTransaction, snapshot: AnySnapshot, committed: ReadonlyMap<string, number>): Scan {
    const range: ScanOf = {
      gte: this.#key(),
      lte: this.#chance(0.5) ? 'h' : this.#key(),
      reverse: this.#chance(0.3),
      ...(this.#chance(0.4) ? { limit: Math.floor(this.#random() * 5) } : {}),
    };
    const savepointsBefore = this.#savepoints;
    if (snapshot !== tx && this.#chance(0.3)) {
      const source = this.#chance(0.5) ? snapshot : this.#store;
      const reference = new ReferenceScan(() => committed, range);
      const iterator = source.entries(range) as AnyIterator;
      return { iterator, reference, isOfTransaction: false, savepointsBefore };
    }
    const reference = new ReferenceScan(() => this.#rows, range);
    const iterator = tx.entries({ ...range, forUpdate: this.#chance(0.3) }) as AnyIterator;
    return { iterator, reference, isOfTransaction: true, savepointsBefore };
  }

  #iteratorCall({ iterator, reference }: Scan): Call {
    const kind = this.#random();
    if (kind < 0.84) return { what: 'next', outcome: resultOf(iterator.next()), expected: reference.next() };
    if (kind < 0.94)
      return { what: 'return', outcome: resultOf(iterator.return?.()), expected: reference.end() };
    reference.end();
    return { what: 'throw', outcome: resultOf(iterator.throw?.(REASON)), expected: REASON.message };
  }

  #operation(tx: AnyTransaction): Call {
    const key = this.#key();
    const before = this.#rows.get(key);
    const kind = this.#random();
    if (kind < 0.5) {
      this.#rows.set(key, ++this.#value);
      return { what: `put ${key}`, outcome: tx.put(key, this.#value), expected: undefined };
    }
    if (kind < 0.8) {
      this.#rows.delete(key);
      return { what: `del ${key}`, outcome: tx.del(key), expected: before !== undefined };
    }
    return { what: `get ${key}`, outcome: tx.get(key), expected: before };
  }

  #key(): string {
    return this.#pick(KEYS) ?? 'a';
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }
}

/** Returns the row, 'done', or the code or message of the error. */
async function resultOf(call: Promise<IteratorResult<unknown>> | undefined): Promise<unknown> {
  try {
    const result = await call;
    if (result === undefined) return 'the iterator has no such method';
    return result.done ? 'done' : result.value;
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return code ?? message;
  }
}
