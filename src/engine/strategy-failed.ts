import { MemStoreError } from '../errors.ts';

/** The error for an operation in which code of a strategy, or the clock, threw. Errors with a code pass unchanged. */
export function operationFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  return new MemStoreError('INVALID_OPTION', `A strategy failed: ${textOf(cause)}`, { cause });
}

/** The error for a commit in which code of a strategy, or the clock, threw. Errors with a code pass unchanged. */
export function commitFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  const message = `A strategy failed during the commit: ${textOf(cause)}`;
  return new MemStoreError('TRANSACTION_ABORTED', message, { cause });
}

/** The error of a store whose strategy threw in the middle of a change, which may be there in part. */
export function storeFailed(cause: unknown): MemStoreError {
  const message = `The store has closed itself: a strategy failed in the middle of a change: ${textOf(cause)}`;
  return new MemStoreError('STORE_CLOSED', message, { cause });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
