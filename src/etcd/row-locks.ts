import type { IKeyValue } from 'etcd3';
import type { Clock } from '../contract/clock.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Cluster } from './cluster.ts';
import { leaseLost } from './conflicts.ts';
import { isLeaseLost } from './etcd-error.ts';
import type { KeySpace } from './key-space.ts';
import type { ProcessLease, ProcessLeases } from './process-leases.ts';

/** The part of the store that row locks use. */
export interface LockHost {
  readonly cluster: Cluster;
  readonly keys: KeySpace;
  readonly leases: ProcessLeases;
  readonly clock: Clock;
}

/**
 * The rows that one transaction has read for update. Each row has a queue in etcd. To lock the row, a
 * transaction adds a key with the lease of its process to the queue. It holds the lock when no key in the
 * queue is older. etcd's own mutex works in the same way.
 *
 * The locks only make transactions wait for each other. They are not needed for correctness: the commit
 * checks everything that was read, whether or not it was locked.
 */
export class RowLocks {
  readonly #host: LockHost;
  readonly #owner: string;
  readonly #held = new Map<string, Buffer>();

  /** @param owner the unique name of the transaction in the cluster */
  constructor(host: LockHost, owner: string) {
    this.#host = host;
    this.#owner = owner;
  }

  /**
   * Waits for the lock on the row, for at most `timeoutMs`.
   * @throws {MemStoreError} LOCK_TIMEOUT, LOCK_UNAVAILABLE, and the reason of `cancelled`
   */
  async acquire(key: string, timeoutMs: number, cancelled: AbortSignal): Promise<void> {
    if (timeoutMs > 0) return this.#waitFor(key, timeoutMs, cancelled);
    if (await this.tryAcquire(key)) return;
    throw new MemStoreError(
      'LOCK_UNAVAILABLE',
      `The row ${JSON.stringify(key)} is locked, and lockTimeout is 0. Retry, or allow a wait.`,
    );
  }

  /** Locks the row if no transaction holds it or waits for it. Returns whether it is locked. */
  async tryAcquire(key: string): Promise<boolean> {
    if (this.#held.has(key)) return true;
    const { cluster, keys } = this.#host;
    const queue = keys.lockQueue(key);
    const place = keys.lockPlace(key, this.#owner);
    return this.#withLease(async ({ leaseId }) => {
      const { succeeded, responses } = await cluster.transaction(
        [{ ...queue, target: 'Version', result: 'Equal', version: 0 }],
        [{ request_put: { key: place, value: Buffer.alloc(0), lease: leaseId } }],
        [
          {
            request_range: {
              ...queue,
              sort_target: 'Create',
              sort_order: 'Ascend',
              limit: 1,
              keys_only: true,
            },
          },
        ],
      );
      // An earlier attempt whose answer was lost may have taken the lock already.
      if (!succeeded && !responses[0]?.response_range.kvs[0]?.key.equals(place)) return false;
      this.#held.set(key, place);
      return true;
    });
  }

  async #waitFor(key: string, timeoutMs: number, cancelled: AbortSignal): Promise<void> {
    if (this.#held.has(key)) return;
    const { clock } = this.#host;
    const giveUp = new AbortController();
    const onCancel = (): void => giveUp.abort(cancelled.reason);
    if (cancelled.aborted) onCancel();
    cancelled.addEventListener('abort', onCancel, { once: true });
    const overdue = new Error('The wait for the lock timed out.');
    // Without a time limit no timer is needed, because the lease keeps the process alive.
    const timer =
      timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : clock.setTimer(() => giveUp.abort(overdue), timeoutMs, true);
    try {
      await this.#queueUp(key, giveUp.signal);
    } catch (error) {
      throw error === overdue ? await this.#timedOut(key, timeoutMs, cancelled) : error;
    } finally {
      clock.clearTimer(timer);
      cancelled.removeEventListener('abort', onCancel);
    }
  }

  async #timedOut(key: string, timeoutMs: number, cancelled: AbortSignal): Promise<MemStoreError> {
    const holder = await this.#holder(key, cancelled).catch(() => undefined);
    const held =
      holder === undefined
        ? 'If this call runs inside the transaction that holds it, use the `tx` of that transaction.'
        : `Transaction ${holder} holds it. If this call runs inside that transaction, use its \`tx\`.`;
    const message = `The lock on the row ${JSON.stringify(key)} was not free within ${timeoutMs} ms. ${held}`;
    return new MemStoreError('LOCK_TIMEOUT', message);
  }

  /** Returns the transaction of this store that holds a row, or undefined if there is none. */
  async #holder(key: string, cancelled: AbortSignal): Promise<number | undefined> {
    const { cluster, keys } = this.#host;
    const queue = keys.lockQueue(key);
    const order = { sort_target: 'Create', sort_order: 'Ascend' } as const;
    const { kvs } = await cluster.range({ ...queue, ...order, limit: 1, keys_only: true }, { cancelled });
    const owner = kvs[0]?.key.subarray(queue.key.length).toString();
    const store = this.#owner.slice(0, this.#owner.lastIndexOf(':') + 1);
    return owner?.startsWith(store) ? Number(owner.slice(store.length)) : undefined;
  }

  async #queueUp(key: string, giveUp: AbortSignal): Promise<void> {
    const { cluster, keys } = this.#host;
    const place = keys.lockPlace(key, this.#owner);
    const look = {
      request_range: { ...keys.lockQueue(key), sort_target: 'Create', sort_order: 'Ascend', keys_only: true },
    } as const;
    try {
      let answer = await this.#withLease(({ leaseId }) =>
        cluster.transaction(
          [],
          [{ request_put: { key: place, value: Buffer.alloc(0), lease: leaseId } }, look],
          [],
          {
            cancelled: giveUp,
          },
        ),
      );
      for (;;) {
        const ahead = placeAhead(place, answer.responses.at(-1)?.response_range.kvs ?? []);
        if (ahead === undefined) break;
        await cluster.deleted(ahead, String(BigInt(answer.header.revision) + 1n), giveUp);
        answer = await cluster.transaction([], [look], [], { cancelled: giveUp });
      }
      this.#held.set(key, place);
    } catch (error) {
      await this.#delete([place]);
      throw error;
    }
  }

  /** Releases one row before the end of the transaction. */
  async release(key: string): Promise<void> {
    const place = this.#held.get(key);
    this.#held.delete(key);
    if (place !== undefined) await this.#delete([place]);
  }

  async releaseAll(): Promise<void> {
    const places = [...this.#held.values()];
    this.#held.clear();
    await this.#delete(places);
  }

  /** Deletes keys from queues. A key that cannot be deleted is removed when the lease ends. */
  async #delete(places: readonly Buffer[]): Promise<void> {
    const MAX_DELETES_PER_TRANSACTION = 100;
    for (let start = 0; start < places.length; start += MAX_DELETES_PER_TRANSACTION) {
      const some = places.slice(start, start + MAX_DELETES_PER_TRANSACTION);
      const deletes = some.map((key) => ({ request_delete_range: { key } }));
      await this.#host.cluster.transaction([], deletes, []).catch(() => {});
    }
  }

  async #withLease<T>(work: (lease: ProcessLease) => Promise<T>): Promise<T> {
    const lease = await this.#host.leases.current();
    try {
      return await work(lease);
    } catch (error) {
      if (!isLeaseLost(error)) throw error;
      this.#host.leases.markLost(lease);
      throw leaseLost(error);
    }
  }
}

/**
 * Returns the key directly ahead in the queue. Each waiter watches only this key, so that each deletion wakes
 * one waiter.
 */
function placeAhead(place: Buffer, queue: readonly IKeyValue[]): Buffer | undefined {
  const index = queue.findIndex(({ key }) => key.equals(place));
  if (index < 0) throw leaseLost(undefined);
  return queue[index - 1]?.key;
}
