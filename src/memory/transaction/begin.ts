import type { MaybePromise } from '../../contract/direct-operations.ts';
import type { TransactionOptions } from '../../contract/options.ts';
import { refuseIfAborted } from '../../lifecycle/cancellation.ts';
import type { Engine } from '../engine.ts';
import type { OpenTransaction } from '../limits/open-transactions.ts';
import { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { operationFailed } from '../strategy-failures.ts';
import type { EngineTransaction } from './mem-transaction.ts';
import { checkAge } from './new-write.ts';
import { ReadWriteTransaction } from './read-write-transaction.ts';

/**
 * Opens a transaction synchronously. REQUIRES: the store is open. If the number of open transactions is
 * limited, the caller has taken a place.
 * @param reservedId the id of the transaction. It does not affect the age, which is the next number of the
 * sequence of ids.
 */
function open(
  engine: Engine,
  options: TransactionOptions | undefined,
  reservedId: number | undefined,
): EngineTransaction {
  if (options?.readOnly) return withIdleTimeout(engine, openSnapshot(engine, reservedId), options);
  const beginning = engine.nextId();
  const lockTimeoutMs = options?.lockTimeout ?? engine.settings.lockTimeoutMs;
  const age = options?.age ?? beginning;
  let transaction: ReadWriteTransaction;
  try {
    transaction = new ReadWriteTransaction(engine, reservedId ?? beginning, age, lockTimeoutMs);
  } catch (cause) {
    throw operationFailed(cause);
  }
  engine.counters.begins++;
  engine.open.add(transaction);
  return options === undefined ? transaction : withIdleTimeout(engine, transaction, options);
}

function withIdleTimeout<T extends OpenTransaction>(
  engine: Engine,
  transaction: T,
  { idleTimeout }: TransactionOptions,
): T {
  if (idleTimeout !== undefined) engine.open.setIdleTimeout(transaction, idleTimeout);
  return transaction;
}

/** Opens a snapshot synchronously. REQUIRES: the store is open. */
export function openSnapshot(engine: Engine, reservedId?: number): SnapshotTransaction {
  const beginning = engine.nextId();
  engine.counters.begins++;
  const snapshot = new SnapshotTransaction(engine, reservedId ?? beginning);
  engine.open.add(snapshot);
  return snapshot;
}

/**
 * Begins a transaction, synchronously if a place is free. A snapshot reads the state as of this call.
 * REQUIRES: the store is open, and the options were checked.
 * @throws {MemStoreError} INVALID_OPTION, ABORTED, LIMIT_EXCEEDED; as a rejection STORE_CLOSED and
 * LIMIT_EXCEEDED
 */
export function begin(
  engine: Engine,
  reservedId: number | undefined,
  options: TransactionOptions | undefined,
): MaybePromise<EngineTransaction> {
  if (options !== undefined) checkAge(options, engine.lastId);
  refuseIfAborted(options);
  if (options?.readOnly || engine.admission === undefined) return open(engine, options, reservedId);
  const timeoutMs = options?.lockTimeout ?? engine.settings.lockTimeoutMs;
  const waiting = engine.admission.enter(timeoutMs, options?.signal);
  if (waiting === undefined) return openInPlace(engine, options, reservedId);
  return openAfterWait(engine, options, waiting);
}

/** Opens a transaction in a place that the caller took. Frees the place if the lock strategy throws. */
function openInPlace(
  engine: Engine,
  options: TransactionOptions | undefined,
  reservedId: number | undefined,
): EngineTransaction {
  try {
    return open(engine, options, reservedId);
  } catch (error) {
    engine.admission?.leave();
    throw error;
  }
}

async function openAfterWait(
  engine: Engine,
  options: TransactionOptions | undefined,
  waiting: Promise<void>,
): Promise<EngineTransaction> {
  await waiting;
  // The store may have been closed after the wait ended.
  if (engine.state.isOpen) return openInPlace(engine, options, undefined);
  engine.admission?.leave();
  throw engine.state.refusal();
}
