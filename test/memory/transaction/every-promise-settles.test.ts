import { getEventListeners } from 'node:events';
import type { ErrorCode, Transaction } from 'memstore-tx';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { expectNothingLeft, type OpenStore, openStore, turn } from '../open-store.ts';

type AnyTransaction = Transaction<Record<string, unknown>>;

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  await turn();
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

/** Operations that wait for key `k`. The tests call another operation behind each of them. */
const WAITING: Record<string, (tx: AnyTransaction, signal: AbortSignal) => Promise<unknown>> = {
  get: (tx, signal) => tx.get('k', { signal }),
  getForUpdate: (tx, signal) => tx.getForUpdate('k', { signal }),
  getMany: (tx, signal) => tx.getMany(['free', 'k'], { signal }),
  put: (tx, signal) => tx.put('k', 1, { signal }),
  putMany: (tx, signal) =>
    tx.putMany(
      [
        ['free', 1],
        ['k', 1],
      ],
      { signal },
    ),
  del: (tx, signal) => tx.del('k', { signal }),
  entries: (tx, signal) => collect(tx.entries({ signal })),
  'entries for update': (tx, signal) => collect(tx.entries({ forUpdate: true, signal })),
};

interface Scene {
  readonly opened: OpenStore;
  readonly tx: AnyTransaction;
  readonly holder: AnyTransaction;
  readonly controller: AbortController;
}

interface Ending {
  /** The code with which the waiting operation rejects. */
  readonly code: ErrorCode;
  /** The code with which a later operation of the transaction rejects, or `undefined` if it succeeds. */
  readonly later: ErrorCode | undefined;
  readonly end: (scene: Scene) => unknown;
}

const ENDINGS: Record<string, Ending> = {
  rollback: {
    code: 'TRANSACTION_ABORTED',
    later: 'TRANSACTION_ABORTED',
    end: ({ tx }) => tx.rollback(),
  },
  'rollbackAll()': {
    code: 'TRANSACTION_ABORTED',
    later: 'TRANSACTION_ABORTED',
    end: ({ opened }) => opened.store.rollbackAll(),
  },
  'a deadlock': {
    code: 'DEADLOCK',
    later: 'DEADLOCK',
    end: ({ holder }) => holder.put('of tx', 1),
  },
  'its lockTimeout': {
    code: 'LOCK_TIMEOUT',
    later: undefined,
    end: ({ opened }) => opened.clock.advance(10_000),
  },
  'its signal': {
    code: 'ABORTED',
    later: undefined,
    end: ({ controller }) => controller.abort(),
  },
  'close()': {
    code: 'STORE_CLOSED',
    later: 'STORE_CLOSED',
    end: ({ opened }) => opened.store.close(),
  },
};

describe.each(Object.entries(ENDINGS))(
  'an operation that is ended by %s',
  (_ending, { code, later, end }) => {
    it.each(Object.entries(WAITING))(`rejects, and leaves nothing behind: %s`, async (_name, wait) => {
      const opened = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
      const { store, clock } = opened;
      const holder = await store.begin();
      const tx = await store.begin();
      await holder.put('k', 'held');
      await tx.put('of tx', 1);
      const controller = new AbortController();
      const waiting = watch(wait(tx, controller.signal));
      await turn();
      expect(waiting.settled).toBe(false);
      expect(store.stats().waitingOperations).toBe(1);
      expect(clock.keepAliveTimers).toBeGreaterThan(0);

      await end({ opened, tx, holder, controller });
      await assertRejects(waiting.promise, code);
      expect(store.stats().waitingOperations).toBe(0);
      expect(store.locks().waiting).toEqual([]);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      expect(clock.keepAliveTimers).toBe(0);

      expect(tx.failure?.code).toBe(later);
      const further = watch(tx.get('of tx'));
      if (later === undefined) expect(await further.promise).toBe(1);
      else await assertRejects(further.promise, later);
      await tx.rollback();
      await holder.rollback();
      expectNothingLeft(opened);
    });
  },
);

describe('an idle transaction', () => {
  it('expires, and releases everything', async () => {
    const opened = openStore({ idleTimeout: 1600 });
    const { store, clock } = opened;
    const causes: unknown[] = [];
    store.on('rollback', ({ transactionId, cause }) => causes.push([transactionId, cause.code]));
    const tx = await store.begin();
    await tx.put('k', 1);
    const waiting = watch(store.get('other').then(() => store.put('k', 2)));
    await turn();
    clock.advance(1599);
    await turn();
    expect(tx.status).toBe('active');
    clock.advance(101);
    await waiting.promise;
    expect(tx.status).toBe('aborted');
    expect(causes).toEqual([[tx.id, 'TRANSACTION_EXPIRED']]);
    await assertRejects(tx.get('k'), 'TRANSACTION_EXPIRED');
    await assertRejects(tx.commit(), 'TRANSACTION_EXPIRED');
    await tx.rollback();
    expect(await store.get('k')).toBe(2);
    expectNothingLeft(opened);
  });

  it('expires together with thousands of others, a part at a time', async () => {
    const MANY = 3_000;
    const opened = openStore({ idleTimeout: 1600 });
    const { store, clock } = opened;
    for (let number = 0; number < MANY; number++) await (await store.begin()).put(`k${number}`, number);
    let firstMs = 0;
    let most = 0;
    for (let before = MANY; before > 0; before = store.stats().activeTransactions) {
      clock.advance(1);
      const ended = before - store.stats().activeTransactions;
      most = Math.max(most, ended);
      if (ended > 0) firstMs ||= clock.monotonicMs();
      if (clock.monotonicMs() > 10_000)
        throw new Error('The idle transactions did not expire within 10,000 ms.');
    }
    expect(most).toBeLessThan(MANY / 2);
    expect(clock.monotonicMs() - firstMs).toBeLessThan(10);
    await turn();
    expectNothingLeft(opened);
  });

  it('does not wait for a lock, and every operation counts as use', async () => {
    const { store, clock } = openStore({ idleTimeout: 1600, lockTimeout: 100_000 });
    const [holder, waiter] = [await store.begin(), await store.begin()];
    await holder.put('k', 1);
    const waiting = watch(waiter.put('k', 2));
    await turn();
    for (let round = 0; round < 10; round++) {
      clock.advance(1000);
      await holder.get('k');
    }
    expect(waiter.status).toBe('active');
    await holder.commit();
    await waiting.promise;
    clock.advance(1000);
    await turn();
    expect(waiter.status).toBe('active');
    await waiter.commit();
  });

  it('counts from its begin, in an old process too, and from an operation with options', async () => {
    const { store, clock } = openStore({ idleTimeout: 100 });
    const first = await store.begin();
    clock.advance(1000);
    expect(first.status).toBe('aborted');
    const tx = await store.begin();
    clock.advance(99);
    expect(tx.status).toBe('active');
    await tx.get('k', { lockTimeout: 10 });
    clock.advance(90);
    expect(tx.status).toBe('active');
    await tx.commit();
  });
});

describe('timers', () => {
  it('keep the process alive only while an operation waits', async () => {
    const opened = openStore();
    const { store, clock } = opened;
    await store.put('with a life', 1, { ttl: 1000 });
    const holder = await store.begin();
    await holder.put('k', 1);
    const snapshot = await store.begin({ readOnly: true });
    expect(clock.keepAliveTimers).toBe(0);
    const waiting = watch(store.put('k', 2));
    await turn();
    expect(clock.keepAliveTimers).toBe(1);
    await holder.commit();
    await waiting.promise;
    expect(clock.keepAliveTimers).toBe(0);
    await snapshot.commit();
    await store.close();
    expect(clock.pendingTimers).toBe(0);
    expectNothingLeft(opened);
  });

  it('are a single one for any number of waits', async () => {
    const opened = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
    const { store, clock } = opened;
    const holder = await store.begin();
    await holder.put('k', 1);
    const before = clock.pendingTimers;
    const waiting = Array.from({ length: 100 }, (_, index) =>
      watch(store.put('k', index, { lockTimeout: 1000 + index })),
    );
    await turn();
    expect(store.stats().waitingOperations).toBe(100);
    expect(clock.pendingTimers).toBe(before + 1);
    // Each wait still ends at its own time.
    clock.advance(1049);
    await turn();
    expect(waiting.map(({ settled }) => settled).lastIndexOf(true)).toBe(49);
    await holder.rollback();
    await Promise.allSettled(waiting.map(({ promise }) => promise));
    expect(await store.get('k')).toBe(99);
    expectNothingLeft(opened);
  });

  it('fire in time if a later wait is shorter', async () => {
    const { store, clock } = openStore();
    const holder = await store.begin();
    await holder.put('k', 1);
    const long = watch(store.put('k', 2, { lockTimeout: 1000 }));
    const short = watch(store.put('k', 2, { lockTimeout: 10 }));
    await turn();
    clock.advance(10);
    await assertRejects(short.promise, 'LOCK_TIMEOUT');
    expect(long.settled).toBe(false);
    clock.advance(990);
    await assertRejects(long.promise, 'LOCK_TIMEOUT');
  });
});

it('leaves nothing behind for a victim with many pending operations', async () => {
  const opened = openStore();
  const { store } = opened;
  const [elder, younger] = [await store.begin(), await store.begin()];
  await elder.put('a', 1);
  const pending = [
    younger.put('b', 1),
    younger.put('a', 1),
    younger.get('c'),
    younger.getMany(['d', 'e']),
    collect(younger.entries()),
    younger.savepoint(),
    younger.commit(),
  ].map((promise) => watch<unknown>(promise));
  await turn();
  await elder.put('b', 2);
  for (const { promise } of pending.slice(1)) await assertRejects(promise, 'DEADLOCK');
  await elder.commit();
  expectNothingLeft(opened);
});

it('leaves no listener on a signal that outlives its operations', async () => {
  const { store } = openStore();
  const { signal } = new AbortController();
  await store.put('k', 1, { signal });
  await store.transaction(
    async (tx) => {
      await tx.get('k', { signal });
      await collect(tx.entries({ signal }));
      await tx.put('k', 2, { signal });
    },
    { signal },
  );
  const holder = await store.begin({ signal });
  await holder.put('k', 3);
  const waiting = watch(store.put('k', 4, { signal }));
  await turn();
  await holder.commit();
  await waiting.promise;
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('causes no unhandled rejection for an operation without await', async () => {
  const { store, clock } = openStore({ lockTimeout: 5 });
  const holder = await store.begin();
  await holder.put('a', 1);
  const rolledBack = await store.begin();
  void rolledBack.get('a');
  void rolledBack.put('b', 1);
  await rolledBack.rollback();
  const failing = await store.begin();
  void failing.get('a');
  const committing = failing.commit();
  clock.advance(5);
  await assertRejects(committing, 'LOCK_TIMEOUT');
  const open = await store.begin();
  void open.get('a');
  await store.close();
  await turn();
  expect(unhandled).toEqual([]);
});
