import { assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import { KEY_OPERATIONS, ONE_SHOTS } from './operations.ts';
import type { StoreCases } from './store-cases.ts';
import { assertWaits, letOthersFinish, watch } from './watch.ts';

const REASON = new Error('the caller gave up');

async function assertAborted(promise: Promise<unknown>): Promise<void> {
  const error = await assertRejects(promise, 'ABORTED');
  assertEqual(error.name, 'AbortError', 'name');
  assertEqual(error.cause === REASON, true, "the signal's reason is the cause");
}

export const cancelling: StoreCases = {
  'an operation rejects and changes nothing if its signal is already aborted': async (store) => {
    const signal = AbortSignal.abort(REASON);
    await assertAborted(store.begin({ signal }));
    const tx = await store.begin();
    for (const operation of Object.values(KEY_OPERATIONS))
      await assertAborted(operation(tx, 'k', { signal }));
    await assertAborted(collect(tx.entries({ signal })));
    for (const operation of Object.values(ONE_SHOTS)) await assertAborted(operation(store, 'k', { signal }));
    await assertAborted(collect(store.entries({ signal })));
    assertEqual(tx.status, 'active', 'status');
    await tx.put('l', 1);
    await tx.commit();
    assertEqual(await collect(store.entries()), [['l', 1]], 'after the commit');
  },

  'a signal cancels only its own waiting operation': async (store) => {
    for (const operation of Object.values(KEY_OPERATIONS)) {
      const holder = await store.begin();
      await holder.put('k', 'held');
      const tx = await store.begin();
      await tx.put('l', 1);
      const controller = new AbortController();
      const waiting = watch(operation(tx, 'k', { signal: controller.signal }));
      await assertWaits(waiting, store, 'the operation');
      controller.abort(REASON);
      await assertAborted(waiting.promise);
      assertEqual(tx.status, 'active', 'status');
      assertEqual(await tx.get('l'), 1, 'the transaction goes on');
      await holder.rollback();
      const other = await store.begin({ lockTimeout: 0 });
      await other.put('k', 'the lock was not left behind');
      await other.rollback();
      await tx.rollback();
    }
  },

  'a signal cancels a waiting scan': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const tx = await store.begin();
    const controller = new AbortController();
    const waiting = watch(collect(tx.entries({ signal: controller.signal })));
    await assertWaits(waiting, store, 'the scan');
    controller.abort(REASON);
    await assertAborted(waiting.promise);
    await tx.put('l', 1);
    await holder.rollback();
    const other = await store.begin({ lockTimeout: 0 });
    await other.put('k', 'the range was not left locked');
    await tx.commit();
  },

  'a signal cancels a waiting one-shot write': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      store.put('k', 1, { signal }),
      store.putMany([['k', 1]], { signal }),
      store.del('k', { signal }),
    ].map((promise) => watch<unknown>(promise));
    await letOthersFinish(store);
    for (const watched of waiting) assertEqual(watched.settled, false, 'it waits');
    controller.abort(REASON);
    for (const { promise } of waiting) await assertAborted(promise);
    await holder.commit();
    assertEqual(await store.get('k'), 'held', 'in the end');
  },

  'an operation that waits behind a cancelled one proceeds': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const [second, third] = [await store.begin(), await store.begin()];
    const controller = new AbortController();
    const cancelled = watch(second.getForUpdate('k', { signal: controller.signal }));
    const behind = watch(third.getForUpdate('k'));
    await assertWaits(behind, store, 'the third');
    controller.abort(REASON);
    await assertAborted(cancelled.promise);
    await holder.commit();
    assertEqual(await behind.promise, 'held', 'what the third reads while the second is still open');
  },

  'a signal that is aborted after its operation has no effect': async (store) => {
    const controller = new AbortController();
    const { signal } = controller;
    const tx = await store.begin({ signal });
    await tx.put('k', 1, { signal });
    await tx.get('l', { signal });
    controller.abort(REASON);
    assertEqual(await tx.get('k'), 1, 'get');
    await tx.commit();
    assertEqual(await store.get('k'), 1, 'after the commit');
  },

  'a signal that is aborted right after the call of transaction() cancels it': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    for (const key of ['free', 'k']) {
      const controller = new AbortController();
      const running = watch(store.transaction((tx) => tx.put(key, 1), { signal: controller.signal }));
      controller.abort(REASON);
      await assertAborted(running.promise);
    }
    await holder.rollback();
    assertEqual(await collect(store.entries()), [], 'in the end');
  },

  'the signal of transaction() cancels the transaction and its retries': async (store) => {
    const holder = await store.begin();
    await holder.put('k', 'held');
    const controller = new AbortController();
    let runs = 0;
    const running = watch(
      store.transaction(
        async (tx) => {
          runs++;
          await tx.put('l', 1);
          await tx.put('k', 1);
        },
        { signal: controller.signal },
      ),
    );
    await assertWaits(running, store, 'the work');
    controller.abort(REASON);
    await assertAborted(running.promise);
    await holder.rollback();
    assertEqual(runs, 1, 'runs');
    assertEqual(await collect(store.entries()), [], 'in the end');
    await (await store.begin({ lockTimeout: 0 })).put('l', 'its locks are released');
    await assertAborted(store.transaction(() => runs++, { signal: controller.signal }));
    assertEqual(runs, 1, 'runs with a signal that is aborted already');
  },
};
