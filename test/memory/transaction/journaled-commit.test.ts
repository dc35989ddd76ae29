import { MemStoreError } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { HeldJournal } from '../held-journal.ts';
import { type AnyMemStore, expectNothingLeft, openStore, turn } from '../open-store.ts';

/** Starts a transaction whose commit is pending in the journal. */
async function startCommit(store: AnyMemStore) {
  const tx = await store.begin();
  await tx.put('a', 1);
  await tx.put('b', 1);
  const commit = watch(tx.commit());
  await turn();
  return { tx, commit };
}

describe('while the journal writes a commit', () => {
  it('no write is visible and every lock is held, and then all writes become visible together', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const { tx, commit } = await startCommit(store);
    expect(journal.pending).toBe(1);
    expect(tx.status).toBe('committing');
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(store.locks().held.map(({ key }) => key)).toEqual(['a', 'b']);
    const snapshot = await store.begin({ readOnly: true });
    const reader = await store.begin();
    const reading = watch(reader.get('a'));
    const seen: unknown[] = [];
    store.on('commit', () => {
      void store.getMany(['a', 'b']).then((values) => seen.push(values));
    });
    await turn();
    expect(commit.settled).toBe(false);
    expect(reading.settled).toBe(false);

    journal.succeed();
    await commit.promise;
    expect(await reading.promise).toBe(1);
    await turn();
    expect(seen).toEqual([[1, 1]]);
    expect(tx.status).toBe('committed');
    expect(await snapshot.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it.each([
    ['rollback', (_store: AnyMemStore, tx: { rollback(): Promise<void> }) => tx.rollback()],
    ['rollbackAll', (store: AnyMemStore) => store.rollbackAll()],
  ])('%s cannot cancel the commit', async (_name, cancel) => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const { tx, commit } = await startCommit(store);
    const cancelling = watch(cancel(store, tx));
    await turn();
    expect(tx.status).toBe('committing');
    journal.succeed();
    await commit.promise;
    await cancelling.promise;
    expect(await store.getMany(['a', 'b'])).toEqual([1, 1]);
  });

  it('an idle transaction does not expire', async () => {
    const journal = new HeldJournal();
    const { store, clock } = openStore({ journal, idleTimeout: 100, lockTimeout: 100 });
    const { commit } = await startCommit(store);
    clock.advance(10_000);
    await turn();
    journal.succeed();
    await commit.promise;
    expect(await store.get('a')).toBe(1);
  });

  it('close() waits for the commit, and then closes the journal', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const { tx, commit } = await startCommit(store);
    const closing = watch(store.close());
    await turn();
    expect(closing.settled).toBe(false);
    expect(journal.closes).toBe(0);
    journal.succeed();
    await commit.promise;
    await closing.promise;
    expect(tx.status).toBe('committed');
    expect(journal.closes).toBe(1);
  });

  it('close() waits for a one-shot write that is pending in the journal', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const putting = watch(store.put('k', 1));
    await turn();
    const closing = watch(store.close());
    await turn();
    expect(closing.settled).toBe(false);
    journal.succeed();
    await putting.promise;
    await closing.promise;
  });

  it('a pending commit is never a deadlock victim', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const elder = await store.begin();
    await elder.put('x', 1);
    const { commit } = await startCommit(store);
    const waiting = watch(elder.put('a', 2));
    await turn();
    expect(store.stats().deadlocks).toBe(0);
    expect(waiting.settled).toBe(false);
    journal.succeed();
    await commit.promise;
    await waiting.promise;
  });
});

describe('a journal that fails', () => {
  it('aborts the commit, no write is visible, and every lock is released', async () => {
    const journal = new HeldJournal();
    const opened = openStore({ journal });
    const { store } = opened;
    const causes: unknown[] = [];
    store.on('rollback', ({ cause }) => causes.push(cause));
    const { tx, commit } = await startCommit(store);
    const waiting = watch(store.put('a', 2));
    const full = new Error('the disk is full');
    journal.fail(full);
    const error = await assertRejects(commit.promise, 'TRANSACTION_ABORTED');
    expect(error.cause).toBe(full);
    expect(causes).toEqual([error]);
    expect(tx.status).toBe('aborted');
    expect(tx.failure).toBe(error);
    await assertRejects(tx.get('a'), 'TRANSACTION_ABORTED');
    await tx.rollback();
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    await turn();
    journal.succeed();
    await waiting.promise;
    expect(await store.get('a')).toBe(2);
    expectNothingLeft(opened);
  });

  it('fails a one-shot write', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const putting = watch(store.put('k', 1));
    await turn();
    journal.fail(new Error('the disk is full'));
    await assertRejects(putting.promise, 'TRANSACTION_ABORTED');
    expect(await store.get('k')).toBe(undefined);
  });

  it('may throw instead of rejecting', async () => {
    const opened = openStore({
      journal: {
        name: 'throws',
        create: () => ({
          async *load() {},
          append() {
            throw new Error('no disk');
          },
          close: () => Promise.resolve(),
        }),
      },
    });
    await assertRejects(opened.store.put('k', 1), 'TRANSACTION_ABORTED');
    expectNothingLeft(opened);
  });

  it("is the cause of the error, which has the code of the journal's error if there is one", async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const failPut = async (reason: Error): Promise<unknown> => {
      const putting = watch(store.put('a', 1));
      await turn();
      journal.fail(reason);
      return putting.promise.catch((error: unknown) => error);
    };
    const full = new MemStoreError('JOURNAL_FULL', 'The disk is full.');
    expect(await failPut(full)).toMatchObject({
      code: 'JOURNAL_FULL',
      message: 'The journal refused the commit. The disk is full.',
      cause: full,
    });
    const broken = new Error('EIO');
    expect(await failPut(broken)).toMatchObject({
      code: 'TRANSACTION_ABORTED',
      message: 'The journal refused the commit.',
      cause: broken,
    });
  });
});

describe('an append to the journal', () => {
  it('has each key once, with its final value and expiry time', async () => {
    const journal = new HeldJournal();
    const { store, clock } = openStore({ journal });
    const tx = await store.begin();
    await tx.put('a', 1);
    await tx.put('a', { n: 2 });
    await tx.put('b', 1, { ttl: 1000 });
    await tx.put('c', 1);
    await tx.del('c');
    clock.advance(500);
    const commit = tx.commit();
    await turn();
    const [appended] = journal.commits;
    expect(appended?.transactionId).toBe(tx.id);
    const writes = new Map(appended?.writes.map((write) => [write.key, write]));
    expect(writes.get('a')).toMatchObject({ key: 'a', value: { n: 2 } });
    expect(writes.get('b')).toMatchObject({ key: 'b', value: 1, expiresAtMs: clock.epochMs() + 1000 });
    expect(writes.size).toBe(appended?.writes.length);
    // A delete of an absent key may be appended or omitted.
    if (writes.has('c')) expect(writes.get('c')).toMatchObject({ key: 'c', deleted: true });
    journal.succeed();
    await commit;
  });

  it('does not happen for a commit without writes', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const tx = await store.begin();
    await tx.get('k');
    const savepoint = await tx.savepoint();
    await tx.put('k', 1);
    await tx.rollbackTo(savepoint);
    await tx.commit();
    const rolledBack = await store.begin();
    await rolledBack.put('k', 1);
    await rolledBack.rollback();
    expect(journal.commits).toEqual([]);
  });

  it('does not happen for a commit without writes that had to wait', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const writer = await store.begin();
    await writer.getForUpdate('k');
    const tx = await store.begin();
    const reading = tx.get('k');
    const committing = tx.commit();
    await writer.commit();
    await reading;
    await turn();
    expect(journal.commits).toEqual([]);
    await committing;
  });

  it('can run concurrently with others', async () => {
    const journal = new HeldJournal();
    const { store } = openStore({ journal });
    const putting = ['a', 'b', 'c'].map((key) => store.put(key, key));
    await turn();
    expect(journal.commits.map(({ writes }) => writes[0]?.key)).toEqual(['a', 'b', 'c']);
    for (const _ of putting) journal.succeed();
    await Promise.all(putting);
  });
});
