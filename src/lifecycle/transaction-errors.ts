import { MemStoreError } from '../contract/errors.ts';
import type { TransactionStatus } from '../contract/transaction.ts';

/** A transaction that may have ended. */
interface AnyTransaction {
  readonly id: number;
  readonly status: TransactionStatus;
  /** Why it was rolled back; `undefined` if it was not. */
  readonly failure: MemStoreError | undefined;
}

/** Returns the error for an operation that comes after the end of its transaction. */
export function refusal({ id, status, failure }: AnyTransaction): MemStoreError {
  return failure ?? new MemStoreError('TRANSACTION_CLOSED', `Transaction ${id} is ${status}.`);
}

/** Returns the error for an operation that failed, unless its transaction has ended: then the refusal. */
export function refusalOr(transaction: AnyTransaction, error: unknown): unknown {
  return transaction.status === 'active' ? error : refusal(transaction);
}

/** Returns the failure of a transaction whose owner rolled it back. */
export function rolledBack(id: number): MemStoreError {
  return new MemStoreError('TRANSACTION_ABORTED', `Transaction ${id} was rolled back.`);
}

/** Returns the failure of a transaction that was idle for its idle timeout. */
export function idleTooLong(id: number, timeoutMs: number): MemStoreError {
  const message = `Transaction ${id} was not touched for ${timeoutMs} ms and was rolled back.`;
  return new MemStoreError('TRANSACTION_EXPIRED', message);
}

/** Returns the error for a write, or a read for update, in a read-only transaction. */
export function readOnly(): MemStoreError {
  const message = 'The transaction is read-only: it cannot write, nor read for update.';
  return new MemStoreError('READ_ONLY', message);
}
