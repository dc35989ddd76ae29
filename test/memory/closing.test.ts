import { MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../src/testing/assert.ts';
import { watch } from '../../src/testing/suites/store/watch.ts';
import { openStore, turn } from './open-store.ts';

describe('close()', () => {
  it('waits for transactions until drainTimeout, and no longer', async () => {
    const { store, clock } = openStore();
    const [quick, slow] = [await store.begin(), await store.begin()];
    await quick.put('quick', 1);
    await slow.put('slow', 1);
    const closing = watch(store.close({ drainTimeout: 1000 }));
    await turn();
    await quick.commit();
    expect(quick.status).toBe('committed');
    clock.advance(999);
    await turn();
    expect(slow.status).toBe('active');
    expect(closing.settled).toBe(false);
    clock.advance(1);
    await closing.promise;
    expect(slow.status).toBe('aborted');
    await assertRejects(slow.get('slow'), 'STORE_CLOSED');
    expect(clock.pendingTimers).toBe(0);
  });

  it('emits one close event', async () => {
    const { store } = openStore();
    let closed = 0;
    store.on('close', () => closed++);
    await store.close();
    await store.close();
    expect(closed).toBe(1);
  });

  it('is called when the store leaves its scope', async () => {
    const { store } = openStore();
    {
      await using scoped = store;
      await scoped.put('k', 1);
    }
    await assertRejects(store.get('k'), 'STORE_CLOSED');
  });

  it('waits for every open transaction and snapshot, and keeps the process alive until then', async () => {
    const { store, clock } = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
    const [first, second] = [await store.begin(), await store.begin()];
    const snapshot = await store.begin({ readOnly: true });
    const closing = watch(store.close({ drainTimeout: 1_000 }));
    expect(clock.keepAliveTimers).toBe(1);
    for (const transaction of [first, snapshot]) {
      await transaction.commit();
      await turn();
      expect([closing.settled, second.status]).toEqual([false, 'active']);
    }
    await second.commit();
    await closing.promise;
    expect([clock.keepAliveTimers, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('waits for the last transaction after the last snapshot has ended', async () => {
    const { store } = openStore();
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    const closing = store.close({ drainTimeout: 1_000 });
    await turn();
    expect([tx.status, snapshot.status]).toEqual(['active', 'active']);
    await snapshot.commit();
    await turn();
    expect(tx.status).toBe('active');
    await tx.commit();
    await closing;
    const late = await assertRejects(store.get('a'), 'STORE_CLOSED');
    expect(late.message).toBe('The store is closed.');
    expect('cause' in late).toBe(false);
  });

  it('does not wait if drainTimeout is 0 or no transaction is open', async () => {
    const { store, clock } = openStore();
    const tx = await store.begin();
    await store.close({ drainTimeout: 0 });
    expect(tx.status).toBe('aborted');
    await openStore({ clock }).store.close({ drainTimeout: 1_000 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits without a limit if drainTimeout is Infinity', async () => {
    // This test uses the system clock, because in Node.js a timer with an infinite delay fires after 1 ms.
    const store = new MemStore<Record<string, number>>();
    await store.put('a', 0);
    const tx = await store.begin();
    const closing = store.close({ drainTimeout: Number.POSITIVE_INFINITY });
    await turn();
    await turn();
    expect(tx.status).toBe('active');
    await tx.commit();
    await closing;
  });

  it('can be called again after a call with an invalid option', async () => {
    const { store } = openStore();
    await assertRejects(store.close({ drainTimeout: -1 }), 'INVALID_OPTION');
    await store.close();
    await assertRejects(store.begin(), 'STORE_CLOSED');
  });
});
