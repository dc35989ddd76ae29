import { MemStoreError } from '../contract/errors.ts';
import type { TransactionStatus } from '../contract/transaction.ts';

/** A transaction that may have ended. */
interface AnyTransaction {
  readonly id: number;
  readonly status: TransactionStatus;
  /** The error that rolled it back; `undefined` if it was not rolled back. */
  readonly failure: MemStoreError | undefined;
}

/** Returns the error of an operation that was called after its transaction had ended. */
export function refusal({ id, status, failure }: AnyTransaction): MemStoreError {
  return failure ?? new MemStoreError('TRANSACTION_CLOSED', `Transaction ${id} is ${status}.`);
}

/** Returns the error of a failed operation. If its transaction has ended, returns the refusal instead. */
export function refusalOr(transaction: AnyTransaction, error: unknown): unknown {
  return transaction.status === 'active' ? error : refusal(transaction);
}

/** Returns the error of a transaction that its owner rolled back. */
export function rolledBack(id: number): MemStoreError {
  return new MemStoreError('TRANSACTION_ABORTED', `Transaction ${id} was rolled back.`);
}

/** Returns the error of a transaction that was idle for its idle timeout. */
export function idleTooLong(id: number, timeoutMs: number): MemStoreError {
  const message = `Transaction ${id} had no operation for ${timeoutMs} ms (idleTimeout) and was rolled back.`;
  return new MemStoreError('TRANSACTION_EXPIRED', message);
}

/** Returns the error of a write or a read for update in a read-only transaction. */
export function readOnly(): MemStoreError {
  const message = 'A read-only transaction cannot write or read for update; begin one without readOnly.';
  return new MemStoreError('READ_ONLY', message);
}
