import { MemStoreError } from '../errors.ts';
import type { TransactionOptions } from '../store.ts';
import { checkTransactionOptions } from './arguments.ts';
import type { Engine } from './engine.ts';
import type { EngineTransaction } from './engine-transaction.ts';
import { abortedBy } from './operation.ts';
import { ReadWriteTransaction } from './read-write-transaction.ts';
import { SnapshotTransaction } from './snapshot-transaction.ts';

/** Opens a transaction at once. REQUIRES: the store is open, and a place was taken if their number is limited. */
function open(engine: Engine, options: TransactionOptions | undefined): EngineTransaction {
  const id = engine.nextId();
  engine.counters.begins++;
  if (options?.readOnly) {
    const snapshot = new SnapshotTransaction(engine, id);
    engine.open.add(snapshot);
    return snapshot;
  }
  const lockTimeoutMs = options?.lockTimeout ?? engine.settings.lockTimeoutMs;
  const transaction = new ReadWriteTransaction(engine, id, options?.age ?? id, lockTimeoutMs);
  engine.open.add(transaction);
  return transaction;
}

/**
 * Opens a transaction, now if there is a place. A snapshot is of the moment of the call.
 * @throws {MemStoreError} as a rejection: INVALID_OPTION, ABORTED, LIMIT_EXCEEDED, STORE_CLOSED
 */
export function begin(engine: Engine, options: TransactionOptions | undefined): Promise<EngineTransaction> {
  if (options === undefined && engine.admission === undefined)
    return Promise.resolve(open(engine, undefined));
  try {
    checkTransactionOptions(options, engine.lastId);
    if (options?.signal?.aborted) throw abortedBy(options.signal);
    if (options?.readOnly || engine.admission === undefined) return Promise.resolve(open(engine, options));
    const timeoutMs = options?.lockTimeout ?? engine.settings.lockTimeoutMs;
    const waiting = engine.admission.enter(timeoutMs, options?.signal);
    if (waiting === undefined) return Promise.resolve(open(engine, options));
    return waiting.then(() => openAfterWait(engine, options));
  } catch (error) {
    return Promise.reject(error);
  }
}

function openAfterWait(engine: Engine, options: TransactionOptions | undefined): EngineTransaction {
  // The store may have been closed between the giving of the place and this turn.
  if (!engine.isClosing) return open(engine, options);
  engine.admission?.leave();
  throw storeClosed();
}

export function storeClosed(cause?: unknown): MemStoreError {
  if (cause === undefined) return new MemStoreError('STORE_CLOSED', 'The store is closed.');
  if (cause instanceof MemStoreError)
    return new MemStoreError(cause.code, `The store could not be opened. ${cause.message}`, { cause });
  return new MemStoreError('STORE_CLOSED', 'The store could not be opened.', { cause });
}
