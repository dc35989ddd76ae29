import { assertEqual, assertRejects } from '../../assert.ts';
import { beginSnapshot } from './begin-snapshot.ts';
import { collect } from './collect.ts';
import { OPERATIONS, WRITES } from './operations.ts';
import type { StoreCases } from './store-cases.ts';

export const snapshots: StoreCases = {
  'a snapshot always sees the state that was committed when it began': async (store) => {
    await store.putMany([
      ['changed', 1],
      ['deleted', 1],
      ['kept', 1],
    ]);
    const snapshot = await store.begin({ readOnly: true });
    assertEqual(snapshot.readOnly, true, 'readOnly');
    await store.put('changed', 2);
    await store.put('changed', 3);
    await store.del('deleted');
    await store.put('inserted', 2);
    await store.put('deleted and back', 2);
    for (let round = 0; round < 2; round++) {
      assertEqual(await snapshot.get('changed'), 1, 'get of a changed key');
      assertEqual(await snapshot.get('deleted'), 1, 'get of a deleted key');
      assertEqual(await snapshot.has('inserted'), false, 'has of an inserted key');
      assertEqual(await snapshot.getMany(['inserted', 'kept', 'deleted']), [undefined, 1, 1], 'getMany');
      const entries = [
        ['changed', 1],
        ['deleted', 1],
        ['kept', 1],
      ];
      assertEqual(await collect(snapshot.entries()), entries, 'entries');
      assertEqual(
        await collect(snapshot.entries({ reverse: true, limit: 2 })),
        entries.toReversed().slice(0, 2),
        'two',
      );
      await store.put('deleted', 4);
      await store.del('kept');
    }
  },

  'a snapshot does not wait for writers and does not block them': async (store) => {
    await store.put('k', 1);
    const writer = await store.begin();
    await writer.put('k', 2);
    const snapshot = await store.begin({ readOnly: true });
    assertEqual(await snapshot.get('k'), 1, 'get of a key that is being written');
    assertEqual(await collect(snapshot.entries()), [['k', 1]], 'entries');
    await writer.put('l', 2, { lockTimeout: 0 });
    await writer.commit();
    assertEqual(await snapshot.getMany(['k', 'l']), [1, undefined], 'after the writer committed');
    await store.put('k', 3, { lockTimeout: 0 });
    assertEqual(await snapshot.get('k'), 1, 'after another write');
  },

  'a snapshot begins when begin is called': async (store) => {
    await store.put('k', 1);
    const beginning = store.begin({ readOnly: true });
    const putting = store.put('k', 2);
    const snapshot = await beginning;
    await putting;
    assertEqual(await snapshot.get('k'), 1, 'get');
  },

  'a snapshot sees every commit from before it began': async (store) => {
    for (let round = 0; round < 20; round++) {
      await store.put('k', round);
      const snapshot = await store.begin({ readOnly: true });
      assertEqual(await snapshot.get('k'), round, 'get');
      if (round % 2 === 0) await snapshot.commit();
    }
  },

  'several snapshots each see the state at their own begin': async (store) => {
    const moments = [];
    for (let round = 0; round < 5; round++) {
      await store.put('k', round);
      moments.push(await store.begin({ readOnly: true }));
    }
    await store.del('k');
    await moments[2]?.rollback();
    for (const [round, snapshot] of moments.entries()) {
      if (round !== 2) assertEqual(await snapshot.get('k'), round, `the snapshot of round ${round}`);
    }
  },

  'commits during a scan of a snapshot do not affect it': async (store) => {
    await store.putMany(['a', 'b', 'c', 'd'].map((key) => [key, 1] as const));
    const snapshot = await store.begin({ readOnly: true });
    const seen: unknown[] = [];
    for await (const entry of snapshot.entries()) {
      seen.push(entry);
      await store.del('c');
      await store.put('d', 2);
      await store.put('bb', 2);
    }
    assertEqual(
      seen,
      ['a', 'b', 'c', 'd'].map((key) => [key, 1]),
      'the result',
    );
  },

  'a snapshot rejects writes and stays usable': async (store) => {
    await store.put('k', 1);
    const snapshot = await beginSnapshot(store);
    for (const operation of Object.values(WRITES)) await assertRejects(operation(snapshot, 'k'), 'READ_ONLY');
    await assertRejects((async () => collect(snapshot.entries({ forUpdate: true })))(), 'READ_ONLY');
    await assertRejects(
      (async () => collect(snapshot.entries({ forUpdate: true, skipLocked: true })))(),
      'READ_ONLY',
    );
    assertEqual(await snapshot.get('k'), 1, 'get afterwards');
    await snapshot.commit();
    assertEqual(await store.get('k'), 1, 'what is committed');
  },

  'a snapshot ends like any transaction': async (store) => {
    const committed = await beginSnapshot(store);
    await committed.commit();
    assertEqual(committed.status, 'committed', 'status');
    for (const operation of Object.values(OPERATIONS)) {
      await assertRejects(operation(committed, 'k'), 'TRANSACTION_CLOSED');
    }
    const rolledBack = await beginSnapshot(store);
    await rolledBack.rollback();
    assertEqual(rolledBack.status, 'aborted', 'status');
    await assertRejects(rolledBack.get('k'), 'TRANSACTION_ABORTED');
    await rolledBack.rollback();
  },

  'transaction() with readOnly runs the work on a snapshot': async (store) => {
    await store.put('k', 1);
    const seen = await store.transaction(
      async (tx) => {
        await store.put('k', 2);
        return [tx.readOnly, await tx.get('k')];
      },
      { readOnly: true },
    );
    assertEqual(seen, [true, 1], 'the result');
  },
};
