import {
  readPutOptions,
  readTouchOptions,
  readUpdateOptions,
  readWaitOptions,
} from '../../arguments/read-options.ts';
import { readClearOptions } from '../../arguments/scan-options.ts';
import { finiteTtl } from '../../arguments/ttl.ts';
import type { MaybePromise } from '../../contract/direct-operations.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type {
  ClearOptions,
  PutOptions,
  RangeOptions,
  TouchOptions,
  UpdateOptions,
  WaitOptions,
} from '../../contract/options.ts';
import type { Savepoint, Transaction, TransactionStatus } from '../../contract/transaction.ts';
import { refusalOr } from '../../lifecycle/transaction-errors.ts';
import type { ScanIterator } from '../scan/scan-iterator.ts';
import type { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { toPromise } from './operation.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import type { Change } from './update-work.ts';

/** The direct form of a transaction. Its operations return a promise only if they must wait. */
export type EngineTransaction = ReadWriteTransaction | SnapshotTransaction;

/**
 * The public form of a transaction. It checks options and wraps results in promises. The schema is a type
 * only: the store casts this class to the type with the schema.
 */
export class MemTransaction
  implements Omit<Transaction<Record<string, unknown>>, 'entries' | 'increment' | 'update'>
{
  readonly direct: EngineTransaction;

  constructor(direct: EngineTransaction) {
    this.direct = direct;
  }

  get id(): number {
    return this.direct.id;
  }

  get age(): number {
    return this.direct.age;
  }

  get readOnly(): boolean {
    return this.direct.readOnly;
  }

  get status(): TransactionStatus {
    return this.direct.status;
  }

  get failure(): MemStoreError | undefined {
    return this.direct.failure;
  }

  get(key: string, options?: WaitOptions): Promise<unknown> {
    try {
      return toPromise(this.direct.get(key, readWait(this.direct, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getForUpdate(key: string, options?: WaitOptions): Promise<unknown> {
    try {
      return toPromise(this.direct.getForUpdate(key, readWriteWait(this.direct, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getMany<const Ks extends readonly string[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: unknown }> {
    type Values = { -readonly [I in keyof Ks]: unknown };
    try {
      return toPromise(this.direct.getMany(keys, readWait(this.direct, options)) as MaybePromise<Values>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  has(key: string, options?: WaitOptions): Promise<boolean> {
    try {
      return toPromise(this.direct.has(key, readWait(this.direct, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async ttl(key: string, options?: WaitOptions): Promise<number | undefined> {
    return finiteTtl(await this.direct.timeToLive(key, readWait(this.direct, options)));
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readWriteOptions(this.direct, readPutOptions, options);
      return toPromise(this.direct.put(key, value, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  putMany(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readWriteOptions(this.direct, readPutOptions, options);
      return toPromise(this.direct.putMany(entries, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  del(key: string, options?: WaitOptions): Promise<boolean> {
    try {
      return toPromise(this.direct.del(key, readWriteWait(this.direct, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  update(key: string, change: Change, options?: UpdateOptions): Promise<unknown> {
    try {
      const { wait, ttl } = readWriteOptions(this.direct, readUpdateOptions, options);
      return toPromise(this.direct.update(key, change, ttl, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  increment(key: string, by: number | bigint = 1, options?: UpdateOptions): Promise<number | bigint> {
    try {
      const { wait, ttl } = readWriteOptions(this.direct, readUpdateOptions, options);
      return toPromise(this.direct.increment(key, by, ttl, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  take(key: string, options?: WaitOptions): Promise<unknown> {
    try {
      return toPromise(this.direct.take(key, readWriteWait(this.direct, options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  putIfAbsent(key: string, value: unknown, options?: PutOptions): Promise<boolean> {
    try {
      const { wait, ttlMs } = readWriteOptions(this.direct, readPutOptions, options);
      return toPromise(this.direct.putIfAbsent(key, value, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  touch(key: string, options: TouchOptions): Promise<boolean> {
    try {
      const { wait, ttlMs } = readWriteOptions(this.direct, readTouchOptions, options);
      return toPromise(this.direct.touch(key, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  clear(options?: ClearOptions): Promise<number> {
    try {
      const { wait, range } = readWriteOptions(this.direct, readClearOptions, options);
      return toPromise(this.direct.clear(range, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  entries(range?: RangeOptions): ScanIterator {
    return this.direct.entries(range);
  }

  savepoint(): Promise<Savepoint> {
    try {
      return toPromise(this.direct.savepoint());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  rollbackTo(savepoint: Savepoint): Promise<void> {
    try {
      return toPromise(this.direct.rollbackTo(savepoint));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  commit(): Promise<void> {
    try {
      return toPromise(this.direct.commit());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  rollback(): Promise<void> {
    return toPromise(this.direct.rollback());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rollback();
  }
}

/** @throws {MemStoreError} INVALID_OPTION, or the error that ended the transaction */
function readWait(tx: EngineTransaction, options: WaitOptions | undefined): WaitOptions | undefined {
  if (options === undefined) return undefined;
  try {
    return readWaitOptions(options);
  } catch (error) {
    throw refusalOr(tx, error);
  }
}

/** @throws {MemStoreError} READ_ONLY, INVALID_OPTION, or the error that ended the transaction */
function readWriteWait(tx: EngineTransaction, options: WaitOptions | undefined): WaitOptions | undefined {
  if (options !== undefined && tx.readOnly) tx.refuseWrite();
  return readWait(tx, options);
}

/** @throws {MemStoreError} READ_ONLY, INVALID_OPTION, or the error that ended the transaction */
function readWriteOptions<Options, Request>(
  tx: EngineTransaction,
  read: (options: Options) => Request,
  options: Options,
): Request {
  if (options !== undefined && tx.readOnly) tx.refuseWrite();
  try {
    return read(options);
  } catch (error) {
    throw refusalOr(tx, error);
  }
}
