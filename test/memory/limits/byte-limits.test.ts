import { lru, MemStore, type MemStoreOptions, type Savepoint, type Transaction } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { estimateSize } from '../../../src/codecs/values/estimate-size.ts';
import { assertRejects } from '../../../src/testing/assert.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { HeldJournal } from '../held-journal.ts';
import { expectNothingLeft, openStore, turn } from '../open-store.ts';

const KIB = 1024;
/** The documented bytes of a write, in addition to those of its key and its value. */
const WRITE = 300;
/** The documented bytes of a savepoint, and of a replaced write that is kept for a savepoint. */
const UNDO = 100;

const textOf = (bytes: number): string => 'x'.repeat(bytes);

interface Kept {
  readonly key: string;
  readonly bytes: number;
}

/** Computes the bytes that a transaction should count, from a record of its operations. */
class Ledger {
  #live = new Map<string, number>();
  #log: ('savepoint' | { readonly key: string; readonly previous: Kept | undefined })[] = [];
  #savepoints: { readonly savepoint: Savepoint; readonly mark: number }[] = [];

  write(key: string, value: unknown): void {
    const previous = this.#live.get(key);
    if (this.#savepoints.length > 0 || this.#log.length > 0)
      this.#log.push({ key, previous: previous === undefined ? undefined : { key, bytes: previous } });
    this.#live.set(key, WRITE + estimateSize(value, key));
  }

  mark(savepoint: Savepoint): void {
    this.#log.push('savepoint');
    this.#savepoints.push({ savepoint, mark: this.#log.length });
  }

  get savepoints(): Savepoint[] {
    return this.#savepoints.map(({ savepoint }) => savepoint);
  }

  undoTo(savepoint: Savepoint): void {
    const index = this.#savepoints.findIndex((held) => held.savepoint === savepoint);
    const mark = this.#savepoints[index]?.mark ?? 0;
    for (const undo of this.#log.splice(mark).reverse()) {
      if (undo === 'savepoint') continue;
      if (undo.previous === undefined) this.#live.delete(undo.key);
      else this.#live.set(undo.key, undo.previous.bytes);
    }
    this.#savepoints.splice(index + 1);
  }

  get bytes(): number {
    let sum = this.#log.length * UNDO;
    for (const undo of this.#log) if (undo !== 'savepoint') sum += undo.previous?.bytes ?? 0;
    for (const bytes of this.#live.values()) sum += bytes;
    return sum;
  }
}

describe('maxTransactionBytes', () => {
  it('refuses the write that exceeds it, and the transaction stays open', async () => {
    const opened = openStore({ maxTransactionBytes: 10 * KIB });
    const { store } = opened;
    const tx = await store.begin();
    await tx.put('a', textOf(6 * KIB));
    await assertRejects(tx.put('b', textOf(6 * KIB)), 'LIMIT_EXCEEDED');
    // A write that replaces another one frees the bytes of that write.
    await tx.put('a', textOf(9 * KIB));
    await tx.put('a', 'x');
    await tx.put('b', textOf(6 * KIB));
    await tx.commit();
    expect([await store.get('a'), await store.get('b')]).toEqual(['x', textOf(6 * KIB)]);
    expectNothingLeft(opened);
  });

  it('counts the bytes of each small write and each deletion', async () => {
    const { store } = openStore({ maxTransactionBytes: 10 * KIB });
    await store.putMany(Array.from({ length: 20 }, (_, index) => [`key ${index}`, index] as const));
    const tx = await store.begin();
    const writes = async (): Promise<void> => {
      for (let index = 0; index < 100; index++)
        await (index < 20 ? tx.del(`key ${index}`) : tx.put(`key ${index}`, index));
    };
    await assertRejects(writes(), 'LIMIT_EXCEEDED');
    expect(store.stats().uncommittedBytes).toBeGreaterThan(8 * KIB);
    expect(store.stats().uncommittedBytes).toBeLessThanOrEqual(10 * KIB);
    await tx.rollback();
    expect(store.stats().uncommittedBytes).toBe(0);
  });

  it('puts all entries of a putMany or none', async () => {
    const { store } = openStore({ maxTransactionBytes: 10 * KIB });
    const tx = await store.begin();
    await tx.put('a', 'old');
    const before = store.stats().uncommittedBytes;
    const many = [1, 2, 3].map((number) => [`${number}`, textOf(4 * KIB)] as const);
    await assertRejects(tx.putMany([['a', 'new'], ...many]), 'LIMIT_EXCEEDED');
    expect(await tx.get('a')).toBe('old');
    expect(await tx.has('1')).toBe(false);
    expect(store.stats().uncommittedBytes).toBe(before);
    // Only the last of several values for one key counts.
    await tx.putMany([1, 2, 3].map(() => ['b', textOf(4 * KIB)] as const));
    await tx.commit();
  });

  it('counts savepoints, and the writes that are kept for them', async () => {
    const { store } = openStore({ maxTransactionBytes: 10 * KIB });
    const tx = await store.begin();
    await tx.put('a', textOf(4 * KIB));
    const savepoint = await tx.savepoint();
    await tx.put('a', textOf(4 * KIB));
    await assertRejects(tx.put('a', textOf(4 * KIB)), 'LIMIT_EXCEEDED');
    await tx.rollbackTo(savepoint);
    await tx.put('a', textOf(4 * KIB));
    const endless = async (): Promise<void> => {
      for (let index = 0; index < 1_000; index++) await tx.savepoint();
    };
    await assertRejects(endless(), 'LIMIT_EXCEEDED');
    await tx.commit();
  });

  it('fails a one-shot write that must wait', async () => {
    const { store } = openStore({ maxTransactionBytes: KIB });
    const tx = await store.begin();
    await tx.put('a', 1);
    const waiting = store.put('a', textOf(2 * KIB));
    await tx.commit();
    await assertRejects(waiting, 'LIMIT_EXCEEDED');
    expect(await store.get('a')).toBe(1);
  });

  it('counts writes until the journal has confirmed them', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal, maxUncommittedBytes: 10 * KIB });
    const first = store.put('a', textOf(6 * KIB));
    await turn();
    await assertRejects(store.put('b', textOf(6 * KIB)), 'LIMIT_EXCEEDED');
    journal.succeed();
    await first;
    const second = store.put('b', textOf(6 * KIB));
    await turn();
    journal.succeed();
    await second;
  });
});

describe('maxUncommittedBytes', () => {
  const CEILING = 1024 * KIB;
  const LARGE = CEILING / 4;

  it('refuses a write of the newest transaction, and an older one can still write', async () => {
    const opened = openStore({ maxUncommittedBytes: CEILING });
    const { store } = opened;
    const [oldest, middle, newest] = [await store.begin(), await store.begin(), await store.begin()];
    await oldest.put('a', textOf(LARGE));
    await middle.put('b', textOf(LARGE));
    await newest.put('c', textOf(LARGE));
    await assertRejects(newest.put('d', textOf(LARGE)), 'LIMIT_EXCEEDED');
    expect(newest.status).toBe('active');
    await oldest.put('e', textOf(LARGE));
    expect([oldest.status, middle.status, newest.status]).toEqual(['active', 'active', 'aborted']);
    await assertRejects(newest.commit(), 'LIMIT_EXCEEDED');
    await Promise.all([oldest.commit(), middle.commit()]);
    expect(await store.has('c')).toBe(false);
    expectNothingLeft(opened);
  });

  it('reserves the last eighth for small transactions, and rolls none of them back', async () => {
    const { store } = openStore({ maxUncommittedBytes: CEILING });
    const old = await store.begin();
    const large = await store.begin();
    const fill = async (): Promise<void> => {
      for (let index = 0; ; index++) await large.put(`large ${index}`, textOf(20 * KIB));
    };
    await assertRejects(fill(), 'LIMIT_EXCEEDED');
    const small = await store.begin();
    await small.put('small', 1);
    // The older transaction gets the bytes of the large transaction. The rest is left for the small
    // transaction.
    const fillMore = async (): Promise<void> => {
      for (let index = 0; ; index++) await old.put(`old ${index}`, textOf(20 * KIB));
    };
    await assertRejects(fillMore(), 'LIMIT_EXCEEDED');
    expect([large.status, small.status]).toEqual(['aborted', 'active']);
    await small.commit();
    await store.transaction(async (tx) => tx.put('small', ((await tx.get('small')) as number) + 1));
    expect(await store.get('small')).toBe(2);
    await old.rollback();
  });

  it('does not count a one-shot write that commits synchronously', async () => {
    const { store } = openStore({ maxUncommittedBytes: 10 * KIB });
    const tx = await store.begin();
    await tx.put('a', textOf(8 * KIB));
    await store.put('b', textOf(8 * KIB));
    await tx.rollback();
  });

  it.each([1, 2, 3, 4, 5, 6])('counts every byte exactly (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    const options: MemStoreOptions = { maxUncommittedBytes: 2 ** 40, random };
    const opened = openStore(seed % 2 === 0 ? { ...options, cache: lru({ maxSize: 2 ** 30 }) } : options);
    const { store } = opened;
    const open = new Map<Transaction<Record<string, unknown>>, Ledger>();
    const value = (): unknown =>
      random() < 0.5 ? textOf(pick(200)) : { list: Array.from({ length: pick(9) }) };
    for (let step = 0; step < 400; step++) {
      if (open.size < 3) open.set(await store.begin(), new Ledger());
      const [tx, ledger] = [...open][pick(open.size)] ?? [];
      if (tx === undefined || ledger === undefined) continue;
      const key = (): string => `${tx.id} ${pick(6)}`;
      const dice = random();
      if (dice < 0.4) {
        const write = [key(), value()] as const;
        await tx.put(...write);
        ledger.write(...write);
      } else if (dice < 0.55) {
        const writes = new Map(Array.from({ length: pick(5) }, () => [key(), value()] as const));
        await tx.putMany(writes);
        for (const write of writes) ledger.write(...write);
      } else if (dice < 0.7) {
        const deleted = key();
        if (await tx.del(deleted)) ledger.write(deleted, undefined);
      } else if (dice < 0.8) {
        ledger.mark(await tx.savepoint());
      } else if (dice < 0.93) {
        const savepoint = ledger.savepoints[pick(ledger.savepoints.length)];
        if (savepoint === undefined) continue;
        await tx.rollbackTo(savepoint);
        ledger.undoTo(savepoint);
      } else {
        await (random() < 0.5 ? tx.commit() : tx.rollback());
        open.delete(tx);
      }
      const expected = [...open.values()].reduce((sum, { bytes }) => sum + bytes, 0);
      expect(store.stats().uncommittedBytes).toBe(expected);
    }
    await store.rollbackAll();
    expectNothingLeft(opened);
  });
});

describe('maxHistoryBytes', () => {
  it('ends the oldest snapshot when old versions exceed it', async () => {
    const opened = openStore({ maxHistoryBytes: 100 * KIB });
    const { store } = opened;
    for (const key of ['a', 'b', 'c']) await store.put(key, textOf(40 * KIB));
    const oldest = await store.begin({ readOnly: true });
    await store.put('a', 1);
    const newer = await store.begin({ readOnly: true });
    await store.put('b', 1);
    expect(store.stats().historyBytes).toBeGreaterThan(80 * KIB);
    await store.del('c');
    await assertRejects(oldest.get('a'), 'SNAPSHOT_TOO_OLD');
    expect(await newer.get('c')).toBe(textOf(40 * KIB));
    expect(store.stats().historyBytes).toBeLessThan(100 * KIB);
    await newer.commit();
    expectNothingLeft(opened);
  });

  it.each([1, 2, 3])('is never exceeded (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    const { store, clock } = openStore({ maxHistoryBytes: 20 * KIB });
    const open = new Set<Awaited<ReturnType<typeof store.begin>>>();
    for (let step = 0; step < 600; step++) {
      const dice = random();
      if (dice < 0.1) open.add(await store.begin({ readOnly: true }));
      else if (dice < 0.2) {
        const tx = [...open][pick(open.size)];
        if (tx !== undefined) open.delete(tx);
        await tx?.rollback();
      } else if (dice < 0.3) await store.del(`${pick(20)}`);
      else await store.put(`${pick(20)}`, textOf(pick(2 * KIB)));
      expect(store.stats().historyBytes).toBeLessThanOrEqual(20 * KIB);
    }
    for (const tx of open) await tx.rollback();
    clock.advance(1);
    expect(store.stats()).toMatchObject({ historyVersions: 0, historyBytes: 0 });
  });
});

it.each(['maxTransactionBytes', 'maxUncommittedBytes', 'maxHistoryBytes'] as const)(
  'refuses %s if it is not a number of bytes',
  (name) => {
    for (const value of [-1, Number.NaN, '1'])
      expect(() => new MemStore({ [name]: value } as MemStoreOptions)).toThrow(name);
  },
);

it('counts nothing if no bytes are limited', async () => {
  const store = new MemStore();
  const snapshot = await store.begin({ readOnly: true });
  const tx = await store.begin();
  await tx.put('a', 1);
  await store.put('b', 1);
  expect(store.stats()).toMatchObject({ uncommittedBytes: 0, historyBytes: 0, historyVersions: 1 });
  await Promise.all([tx.rollback(), snapshot.rollback()]);
  await store.close();
});
