import type { RangeOptions } from '../../../contract/options.ts';
import { assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';

type AnyIterator = AsyncIterableIterator<readonly [string, unknown]>;

const ROWS = [
  ['a', 1],
  ['b', 2],
  ['c', 3],
] as const;

async function fill(store: AnyStore): Promise<void> {
  await store.putMany(ROWS);
}

/** Returns the result of each call: the row, or 'done'. */
async function outcomes(calls: readonly Promise<IteratorResult<unknown>>[]): Promise<unknown[]> {
  const results = await Promise.all(calls);
  return results.map(({ done, value }) => (done ? 'done' : value));
}

function endEarly(iterator: AnyIterator): Promise<IteratorResult<unknown>> {
  return iterator.return?.() ?? Promise.reject(new Error('the iterator has no return()'));
}

function fail(iterator: AnyIterator, reason: unknown): Promise<IteratorResult<unknown>> {
  return iterator.throw?.(reason) ?? Promise.reject(new Error('the iterator has no throw()'));
}

/** Returns three scans: of a transaction, of a snapshot and of the store. */
async function iterators(store: AnyStore, range?: RangeOptions): Promise<AnyIterator[]> {
  const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
  return [tx.entries(range), snapshot.entries(range), store.entries(range)] as AnyIterator[];
}

/**
 * Checks that a failed `next()` does not advance the scan. A row that was deleted before the call and
 * restored after it must still be yielded.
 */
async function assertScanStays(store: AnyStore, range: RangeOptions): Promise<void> {
  const expected = {
    put: [
      ['a', 1],
      ['b', 9],
      ['c', 3],
    ],
    rollbackTo: ROWS.map((row) => [...row]),
  };
  for (const undo of ['put', 'rollbackTo'] as const) {
    const [other, tx] = [await store.begin(), await store.begin()];
    await other.getForUpdate('c');
    const scan = tx.entries(range);
    const rows: unknown[] = [(await scan.next()).value];
    const savepoint = await tx.savepoint();
    await tx.del('b');
    await assertRejects(scan.next(), range.lockTimeout === 0 ? 'LOCK_UNAVAILABLE' : 'LOCK_TIMEOUT');
    await other.rollback();
    await (undo === 'put' ? tx.put('b', 9) : tx.rollbackTo(savepoint));
    rows.push(...(await collect(scan)));
    assertEqual(rows, expected[undo], `the rows after ${undo} restores one`);
    await tx.rollback();
  }
}

export const iteratorCalls: StoreCases = {
  'a failed next() does not advance a scan for update': async (store) => {
    await fill(store);
    await assertScanStays(store, { forUpdate: true, lockTimeout: 0 });
    await assertScanStays(store, { forUpdate: true, lockTimeout: 1 });
  },

  'a failed next() does not advance a limited scan': async (store) => {
    await fill(store);
    await assertScanStays(store, { limit: 5, lockTimeout: 0 });
    await assertScanStays(store, { limit: 5, lockTimeout: 1 });
  },

  'a failed next() does not advance a reverse scan': async (store) => {
    await fill(store);
    const [other, tx] = [await store.begin(), await store.begin()];
    await other.getForUpdate('a');
    const scan = tx.entries({ forUpdate: true, reverse: true, lockTimeout: 0 });
    assertEqual((await scan.next()).value, ['c', 3], 'the first row');
    const savepoint = await tx.savepoint();
    await tx.del('b');
    await assertRejects(scan.next(), 'LOCK_UNAVAILABLE');
    await other.rollback();
    await tx.rollbackTo(savepoint);
    const rest = [
      ['b', 2],
      ['a', 1],
    ];
    assertEqual(await collect(scan), rest, 'the other rows');
  },

  'a next() that fails at a locked row loses no earlier row': async (store) => {
    const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
    await store.putMany(keys.map((key) => [key, key] as const));
    const [other, tx] = [await store.begin(), await store.begin()];
    await other.getForUpdate('k6');
    const scan = tx.entries({ limit: 8, lockTimeout: 0 });
    const seen: unknown[] = [];
    for (const _ of keys.slice(0, 6)) seen.push((await scan.next()).value?.[0]);
    assertEqual(seen, keys.slice(0, 6), 'the rows before it');
    await assertRejects(scan.next(), 'LOCK_UNAVAILABLE');
    await other.rollback();
    assertEqual((await collect(scan)).length, 2, 'the number of the other rows');
  },

  'iterator calls and other operations of a transaction take effect in call order': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const scan = tx.entries() as AnyIterator;
    const calls: Promise<IteratorResult<unknown>>[] = [scan.next(), scan.next()];
    const puts = [tx.put('a', 'too late'), tx.put('b', 'too late'), tx.put('bb', 'in time')];
    calls.push(scan.next());
    puts.push(tx.put('c', 'in time'));
    calls.push(scan.next());
    puts.push(tx.put('d', 'never seen'));
    calls.push(endEarly(scan), scan.next());
    const expected = [['a', 1], ['b', 2], ['bb', 'in time'], ['c', 'in time'], 'done', 'done'];
    assertEqual(await outcomes(calls), expected, 'the outcomes');
    await Promise.all(puts);
  },

  'a next() behind a waiting write sees the write, even if return() was called since': async (store) => {
    await fill(store);
    const other = await store.begin();
    await other.get('c');
    const tx = await store.begin();
    const scan = tx.entries() as AnyIterator;
    await scan.next();
    await scan.next();
    const put = tx.put('c', 'new');
    const calls = [scan.next(), endEarly(scan), scan.next()];
    await other.commit();
    await put;
    assertEqual(await outcomes(calls), [['c', 'new'], 'done', 'done'], 'the outcomes');
  },

  'no next() yields a row after the scan is done': async (store) => {
    const other = await store.begin();
    await other.put('z', 0);
    const tx = await store.begin();
    const scan = tx.entries({ gt: 'a', lte: 'z', limit: 5 }) as AnyIterator;
    const first = scan.next();
    const put = tx.put('c', 1);
    const calls = [first, scan.next(), scan.next()];
    await other.rollback();
    await put;
    assertEqual(await outcomes(calls), ['done', 'done', 'done'], 'the outcomes');
  },

  'return() ends a scan after the earlier calls': async (store) => {
    await fill(store);
    for (const scan of await iterators(store)) {
      const calls = [scan.next(), scan.next(), endEarly(scan), scan.next(), endEarly(scan)];
      const expected = [['a', 1], ['b', 2], 'done', 'done', 'done'];
      assertEqual(await outcomes(calls), expected, 'the outcomes');
    }
  },

  'a scan yields nothing if return() is called first': async (store) => {
    await fill(store);
    for (const scan of await iterators(store, { limit: 2 }))
      assertEqual(await outcomes([endEarly(scan), scan.next()]), ['done', 'done'], 'the outcomes');
  },

  'throw() ends a scan and rejects with its reason': async (store) => {
    await fill(store);
    const reason = new Error('a reason');
    for (const scan of await iterators(store)) {
      const first = scan.next();
      const thrown = fail(scan, reason).catch((error: unknown) => error);
      const calls = [first, scan.next()];
      assertEqual(await outcomes(calls), [['a', 1], 'done'], 'the outcomes');
      assertEqual((await thrown) === reason, true, 'what throw() rejects with is the reason');
      assertEqual(await fail(scan, 5).catch((error: unknown) => error), 5, 'after the end');
    }
  },

  'return() never rejects, even after the end of the transaction': async (store) => {
    await fill(store);
    for (const end of ['commit', 'rollback'] as const) {
      const tx = await store.begin();
      const scans = [tx.entries(), tx.entries()] as AnyIterator[];
      for (const scan of scans) await scan.next();
      await tx[end]();
      for (const scan of scans) {
        await assertRejects(scan.next(), end === 'commit' ? 'TRANSACTION_CLOSED' : 'TRANSACTION_ABORTED');
        assertEqual(await outcomes([endEarly(scan), scan.next()]), ['done', 'done'], `after ${end}`);
      }
    }
  },

  'rollback() during pending calls of next() never makes a scan look complete': async (store) => {
    const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
    await store.putMany(keys.map((key) => [key, 1] as const));
    for (const readOnly of [false, true])
      for (const before of [0, 1, 2]) {
        const tx = await store.begin({ readOnly });
        const scan = tx.entries() as AnyIterator;
        for (const key of keys.slice(0, before)) assertEqual((await scan.next()).value, [key, 1], 'a row');
        const calls = [scan.next(), scan.next(), scan.next()];
        const settled = Promise.allSettled(calls);
        await tx.rollback();
        for (const [index, result] of (await settled).entries()) {
          const what = `next() ${index} behind ${before} rows, readOnly ${readOnly}`;
          if (result.status === 'rejected') assertEqual(result.reason.code, 'TRANSACTION_ABORTED', what);
          else assertEqual(result.value, { done: false, value: [keys[before + index], 1] }, what);
        }
        await assertRejects(scan.next(), 'TRANSACTION_ABORTED');
      }
  },

  'rollbackTo cancels a scan that was created after the savepoint': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const before = tx.entries() as AnyIterator;
    await before.next();
    const savepoint = await tx.savepoint();
    const after = tx.entries() as AnyIterator;
    await after.next();
    await after.next();
    await tx.rollbackTo(savepoint);
    await assertRejects(after.next(), 'ABORTED');
    await assertRejects(after.next(), 'ABORTED');
    assertEqual(await outcomes([endEarly(after), after.next()]), ['done', 'done'], 'the later scan');
    assertEqual(await outcomes([before.next()]), [['b', 2]], 'the earlier scan');
  },

  'every next() rejects after the signal of the scan is aborted': async (store) => {
    await fill(store);
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    for (const source of [tx, snapshot, store]) {
      const controller = new AbortController();
      const scan = source.entries({ signal: controller.signal }) as AnyIterator;
      await scan.next();
      controller.abort();
      await assertRejects(scan.next(), 'ABORTED');
      assertEqual(await outcomes([endEarly(scan)]), ['done'], 'return()');
    }
  },
};
