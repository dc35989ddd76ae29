import type { WaitOptions } from '../../../contract/options.ts';
import { collect } from './collect.ts';
import type { AnyStore, AnyTransaction } from './store-cases.ts';

/** An operation on a key. */
export type Operation<Target> = (target: Target, key: string, options?: WaitOptions) => Promise<unknown>;

/** The operations that transactions and snapshots share. */
const READS: Readonly<Record<string, Operation<AnyTransaction>>> = {
  get: (tx, key, options) => tx.get(key, options),
  getMany: (tx, key, options) => tx.getMany([key], options),
  has: (tx, key, options) => tx.has(key, options),
};

/** The operations that take an exclusive lock on the key. */
export const WRITES: Readonly<Record<string, Operation<AnyTransaction>>> = {
  getForUpdate: (tx, key, options) => tx.getForUpdate(key, options),
  put: (tx, key, options) => tx.put(key, 'written', options),
  putMany: (tx, key, options) => tx.putMany([[key, 'written']], options),
  del: (tx, key, options) => tx.del(key, options),
};

/** All operations of a transaction that take a key. */
export const KEY_OPERATIONS: Readonly<Record<string, Operation<AnyTransaction>>> = { ...READS, ...WRITES };

/** All operations that a transaction rejects after it has ended. */
export const OPERATIONS: Readonly<Record<string, Operation<AnyTransaction>>> = {
  ...KEY_OPERATIONS,
  entries: (tx, key, options) => collect(tx.entries({ prefix: key, ...options })),
  savepoint: (tx) => tx.savepoint(),
  commit: (tx) => tx.commit(),
};

/** The one-shot operations of a store that take a key. */
export const ONE_SHOTS: Readonly<Record<string, Operation<AnyStore>>> = {
  get: (store, key, options) => store.get(key, options),
  getMany: (store, key, options) => store.getMany([key], options),
  has: (store, key, options) => store.has(key, options),
  put: (store, key, options) => store.put(key, 'written', options),
  putMany: (store, key, options) => store.putMany([[key, 'written']], options),
  del: (store, key, options) => store.del(key, options),
};
