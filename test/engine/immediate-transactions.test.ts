import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import type {
  AnyTransaction,
  ImmediateOperations,
  ImmediateTransaction,
} from '../../src/contract/direct-operations.ts';
import type { TransactionOptions } from '../../src/contract/store.ts';
import { HeldJournal } from '../semantics/held-journal.ts';
import { openImmediate } from './open-immediate.ts';

function begin(
  immediate: ImmediateOperations,
  id?: number,
  options: TransactionOptions = {},
): { tx: AnyTransaction; at: ImmediateTransaction } {
  const tx = immediate.begin(id, options);
  if (tx instanceof Promise) throw new Error('the transaction did not begin within the call');
  const at = immediate.within(tx);
  if (at === undefined) throw new Error('the transaction has no operations within the call');
  return { tx, at };
}

// What the server does for commands of a transaction; `test/server` has the same over a socket.
describe('a transaction within the call', () => {
  it('does everything when the call returns', async () => {
    const { store, immediate } = openImmediate({ clock: new FakeClock() });
    const { tx, at } = begin(immediate);
    expect(at.put('a', 1, undefined)).toBeUndefined();
    expect(at.put('b', 2, 50)).toBeUndefined();
    expect(
      at.putMany(
        [
          ['c', 3],
          ['d', 4],
        ],
        70,
      ),
    ).toBeUndefined();
    expect(at.get('a', 'shared')).toBe(1);
    expect(at.getMany(['b', 'x', 'c'])).toEqual([2, undefined, 3]);
    expect(at.has('d')).toBe(true);
    expect(at.del('d')).toBe(true);
    expect(at.has('d')).toBe(false);
    expect(await tx.ttl('b')).toBe(50);
    expect(await store.has('z')).toBe(false);
    expect(at.commit()).toBeUndefined();
    expect(tx.status).toBe('committed');
    expect(await store.getMany(['a', 'b', 'c', 'd'])).toEqual([1, 2, 3, undefined]);
    expect(await begin(immediate).tx.ttl('c')).toBe(70);
  });

  it('locks in the mode it is asked for', async () => {
    const { immediate } = openImmediate();
    const [one, two] = [begin(immediate).at, begin(immediate).at];
    expect(one.get('a', 'shared')).toBeUndefined();
    expect(two.get('a', 'shared')).toBeUndefined();
    expect(two.get('b', 'exclusive')).toBeUndefined();
    const waiting = one.get('b', 'shared');
    expect(waiting).toBeInstanceOf(Promise);
    expect(two.commit()).toBeUndefined();
    expect(await waiting).toBeUndefined();
  });

  it('is rolled back, and says why it ended', async () => {
    const { store, immediate } = openImmediate();
    const { tx, at } = begin(immediate);
    at.put('a', 1, undefined);
    expect(tx.failure).toBeUndefined();
    expect(at.rollback()).toBeUndefined();
    expect(tx.status).toBe('aborted');
    expect(tx.failure).toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(await store.get('a')).toBeUndefined();
  });

  it('throws what is wrong with a call, or that it has ended, whatever else is wrong', () => {
    const { immediate } = openImmediate();
    const { at } = begin(immediate);
    const invalid = expect.objectContaining({ code: 'INVALID_OPTION' });
    expect(() => at.put('a', 1, -1)).toThrow(invalid);
    expect(() => at.putMany([['a', 1]], -1)).toThrow(invalid);
    expect(() => at.put('a', undefined, undefined)).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE' }),
    );
    at.commit();
    const closed = expect.objectContaining({ code: 'TRANSACTION_CLOSED' });
    expect(() => at.put('a', 1, -1)).toThrow(closed);
    expect(() => at.putMany([['a', 1]], -1)).toThrow(closed);
  });

  it('returns a promise of what the journal has not got yet', async () => {
    const journal = new HeldJournal();
    const { store, immediate } = openImmediate({ journal });
    await store.has('a');
    const { tx, at } = begin(immediate);
    at.put('a', 1, undefined);
    const committed = at.commit();
    expect(committed).toBeInstanceOf(Promise);
    // It cannot be taken back any more, so this waits for the commit.
    const ended = at.rollback();
    expect(ended).toBeInstanceOf(Promise);
    journal.succeed();
    await Promise.all([committed, ended]);
    expect(tx.status).toBe('committed');
  });
});

describe('beginning within the call', () => {
  it('takes an id that was reserved, which nobody else gets', async () => {
    const { store, immediate } = openImmediate();
    const first = immediate.reserveIds(2);
    expect(first).toBe(1);
    const other = await store.begin();
    expect(other.id).toBe(3);
    expect(begin(immediate, 2).tx.id).toBe(2);
  });

  it('has no ids in advance where a transaction may have to wait for its turn', () => {
    const { immediate } = openImmediate({ maxActiveTransactions: 1 });
    expect(immediate.reserveIds(2)).toBeUndefined();
  });

  it('waits until the store is open', async () => {
    const { immediate } = openImmediate({ journal: new HeldJournal() });
    const beginning = immediate.begin(undefined, {});
    expect(beginning).toBeInstanceOf(Promise);
    expect((await beginning).status).toBe('active');
  });

  it('has no operations for what is no transaction of this store', () => {
    const { immediate } = openImmediate();
    expect(immediate.within({ id: 1 } as AnyTransaction)).toBeUndefined();
  });
});

describe('a snapshot within the call', () => {
  const beginSnapshot = (immediate: ImmediateOperations) => begin(immediate, undefined, { readOnly: true });

  it('reads what was committed when it began, and is committed, when the call returns', async () => {
    const { store, immediate } = openImmediate();
    await store.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    const { tx, at } = beginSnapshot(immediate);
    await store.putMany([
      ['a', 3],
      ['c', 4],
    ]);
    await store.del('b');
    expect(at.get('a', 'shared')).toBe(1);
    expect(at.getMany(['b', 'c', 'a'])).toEqual([2, undefined, 1]);
    expect([at.has('b'), at.has('c')]).toEqual([true, false]);
    expect(at.commit()).toBeUndefined();
    expect(tx.status).toBe('committed');
    expect(tx.failure).toBeUndefined();
  });

  it('gives each reader a value of its own', async () => {
    const { store, immediate } = openImmediate();
    await store.put('a', { n: 1 });
    const { at } = beginSnapshot(immediate);
    (at.get('a', 'shared') as { n: number }).n = 2;
    ((await at.getMany(['a']))[0] as { n: number }).n = 2;
    expect(at.get('a', 'shared')).toEqual({ n: 1 });
  });

  it('is rolled back, and says why it ended to whatever comes later', () => {
    const { immediate } = openImmediate();
    const { tx, at } = beginSnapshot(immediate);
    expect(at.rollback()).toBeUndefined();
    expect(tx.status).toBe('aborted');
    expect(tx.failure).toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(at.rollback()).toBeUndefined();
    for (const late of [
      () => at.get('a', 'shared'),
      () => at.getMany(['a']),
      () => at.has('a'),
      () => at.get('a', 'exclusive'),
      () => at.put('a', 1, undefined),
      () => at.commit(),
    ])
      expect(late).toThrow(expect.objectContaining({ code: 'TRANSACTION_ABORTED' }));
  });

  it('refuses to write, to read for update, and what is no key, and goes on', async () => {
    const { store, immediate } = openImmediate();
    await store.put('a', 1);
    const { at } = beginSnapshot(immediate);
    for (const write of [
      () => at.get('a', 'exclusive'),
      () => at.put('a', 2, undefined),
      () => at.putMany([['a', 2]], undefined),
      () => at.del('a'),
    ])
      expect(write).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
    const notAKey = 1 as unknown as string;
    for (const read of [() => at.get(notAKey, 'shared'), () => at.getMany([notAKey]), () => at.has(notAKey)])
      expect(read).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    expect(at.get('a', 'shared')).toBe(1);
  });
});
