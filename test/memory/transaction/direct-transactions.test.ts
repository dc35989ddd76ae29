import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import type { DirectStore, DirectTransaction } from '../../../src/contract/direct-operations.ts';
import type { TransactionOptions } from '../../../src/contract/options.ts';
import { HeldJournal } from '../held-journal.ts';
import { openDirect } from '../open-direct.ts';

function begin(direct: DirectStore, id?: number, options: TransactionOptions = {}): DirectTransaction {
  const tx = direct.begin(id, options);
  if (tx instanceof Promise) throw new Error('the transaction did not begin synchronously');
  return tx;
}

// The server uses these operations for commands of a transaction. The tests in `test/server` cover them over
// a socket.
describe('the direct form of a transaction', () => {
  it('does everything synchronously', async () => {
    const { store, direct } = openDirect({ clock: new FakeClock() });
    const tx = begin(direct);
    expect(tx.put('a', 1, undefined, undefined)).toBeUndefined();
    expect(tx.put('b', 2, 50, undefined)).toBeUndefined();
    expect(
      tx.putMany(
        [
          ['c', 3],
          ['d', 4],
        ],
        70,
        undefined,
      ),
    ).toBeUndefined();
    expect(tx.get('a', undefined)).toBe(1);
    expect(tx.getMany(['b', 'x', 'c'], undefined)).toEqual([2, undefined, 3]);
    expect(tx.has('d', undefined)).toBe(true);
    expect(tx.del('d', undefined)).toBe(true);
    expect(tx.has('d', undefined)).toBe(false);
    expect(tx.timeToLive('b', undefined)).toBe(50);
    expect(await store.has('z')).toBe(false);
    expect(tx.commit()).toBeUndefined();
    expect(tx.status).toBe('committed');
    expect(await store.getMany(['a', 'b', 'c', 'd'])).toEqual([1, 2, 3, undefined]);
    expect(begin(direct).timeToLive('c', undefined)).toBe(70);
  });

  it('locks in the requested mode', async () => {
    const { direct } = openDirect();
    const [one, two] = [begin(direct), begin(direct)];
    expect(one.get('a', undefined)).toBeUndefined();
    expect(two.get('a', undefined)).toBeUndefined();
    expect(two.getForUpdate('b', undefined)).toBeUndefined();
    const waiting = one.get('b', undefined);
    expect(waiting).toBeInstanceOf(Promise);
    expect(two.commit()).toBeUndefined();
    expect(await waiting).toBeUndefined();
  });

  it('can be rolled back, and later calls report why it ended', async () => {
    const { store, direct } = openDirect();
    const tx = begin(direct);
    tx.put('a', 1, undefined, undefined);
    expect(tx.failure).toBeUndefined();
    expect(tx.rollback()).toBeUndefined();
    expect(tx.status).toBe('aborted');
    expect(tx.failure).toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(await store.get('a')).toBeUndefined();
  });

  it('throws errors of invalid calls, but the error of an ended transaction first', () => {
    const { direct } = openDirect();
    const tx = begin(direct);
    const invalid = expect.objectContaining({ code: 'INVALID_OPTION' });
    expect(() => tx.put('a', 1, -1, undefined)).toThrow(invalid);
    expect(() => tx.putMany([['a', 1]], -1, undefined)).toThrow(invalid);
    expect(() => tx.put('a', undefined, undefined, undefined)).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE' }),
    );
    tx.commit();
    const closed = expect.objectContaining({ code: 'TRANSACTION_CLOSED' });
    expect(() => tx.put('a', 1, -1, undefined)).toThrow(closed);
    expect(() => tx.putMany([['a', 1]], -1, undefined)).toThrow(closed);
  });

  it('returns a promise for a commit that the journal has not confirmed', async () => {
    const journal = new HeldJournal();
    const { store, direct } = openDirect({ journal });
    await store.has('a');
    const tx = begin(direct);
    tx.put('a', 1, undefined, undefined);
    const committed = tx.commit();
    expect(committed).toBeInstanceOf(Promise);
    // The commit can no longer be cancelled, so the rollback waits for it.
    const ended = tx.rollback();
    expect(ended).toBeInstanceOf(Promise);
    journal.succeed();
    await Promise.all([committed, ended]);
    expect(tx.status).toBe('committed');
  });
});

describe('the direct form of a begin', () => {
  it('accepts a reserved id, which no other transaction gets', async () => {
    const { store, direct } = openDirect();
    const first = direct.reserveIds(2);
    expect(first).toBe(1);
    const other = await store.begin();
    expect(other.id).toBe(3);
    expect(begin(direct, 2).id).toBe(2);
  });

  it('reserves no ids if a transaction may have to wait to begin', () => {
    const { direct } = openDirect({ maxActiveTransactions: 1 });
    expect(direct.reserveIds(2)).toBeUndefined();
  });

  it('waits until the store is open', async () => {
    const { direct } = openDirect({ journal: new HeldJournal() });
    const beginning = direct.begin(undefined, {});
    expect(beginning).toBeInstanceOf(Promise);
    expect((await beginning).status).toBe('active');
  });
});

describe('the direct form of a snapshot', () => {
  const beginSnapshot = (direct: DirectStore) => begin(direct, undefined, { readOnly: true });

  it('reads the data of the moment when it began, and commits synchronously', async () => {
    const { store, direct } = openDirect();
    await store.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    const tx = beginSnapshot(direct);
    await store.putMany([
      ['a', 3],
      ['c', 4],
    ]);
    await store.del('b');
    expect(tx.get('a', undefined)).toBe(1);
    expect(tx.getMany(['b', 'c', 'a'], undefined)).toEqual([2, undefined, 1]);
    expect([tx.has('b', undefined), tx.has('c', undefined)]).toEqual([true, false]);
    expect(tx.commit()).toBeUndefined();
    expect(tx.status).toBe('committed');
    expect(tx.failure).toBeUndefined();
  });

  it('gives each reader its own copy of a value', async () => {
    const { store, direct } = openDirect();
    await store.put('a', { n: 1 });
    const tx = beginSnapshot(direct);
    (tx.get('a', undefined) as { n: number }).n = 2;
    ((await tx.getMany(['a'], undefined))[0] as { n: number }).n = 2;
    expect(tx.get('a', undefined)).toEqual({ n: 1 });
  });

  it('can be rolled back, and later calls report why it ended', () => {
    const { direct } = openDirect();
    const tx = beginSnapshot(direct);
    expect(tx.rollback()).toBeUndefined();
    expect(tx.status).toBe('aborted');
    expect(tx.failure).toMatchObject({ code: 'TRANSACTION_ABORTED' });
    expect(tx.rollback()).toBeUndefined();
    for (const late of [
      () => tx.get('a', undefined),
      () => tx.getMany(['a'], undefined),
      () => tx.has('a', undefined),
      () => tx.getForUpdate('a', undefined),
      () => tx.put('a', 1, undefined, undefined),
      () => tx.commit(),
    ])
      expect(late).toThrow(expect.objectContaining({ code: 'TRANSACTION_ABORTED' }));
  });

  it('refuses writes, reads for update and invalid keys, and stays open', async () => {
    const { store, direct } = openDirect();
    await store.put('a', 1);
    const tx = beginSnapshot(direct);
    for (const write of [
      () => tx.getForUpdate('a', undefined),
      () => tx.put('a', 2, undefined, undefined),
      () => tx.putMany([['a', 2]], undefined, undefined),
      () => tx.del('a', undefined),
    ])
      expect(write).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
    const notAKey = 1 as unknown as string;
    for (const read of [
      () => tx.get(notAKey, undefined),
      () => tx.getMany([notAKey], undefined),
      () => tx.has(notAKey, undefined),
    ])
      expect(read).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    expect(tx.get('a', undefined)).toBe(1);
  });
});
