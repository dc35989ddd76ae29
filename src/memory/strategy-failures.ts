import { MemStoreError } from '../contract/errors.ts';

/** Returns the error for an operation during which a strategy or the clock threw. Keeps a `MemStoreError`. */
export function operationFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  return new MemStoreError('INVALID_OPTION', `A strategy failed: ${textOf(cause)}`, { cause });
}

/** Returns the error for a commit during which a strategy or the clock threw. Keeps a `MemStoreError`. */
export function commitFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  const message = `A strategy failed during the commit: ${textOf(cause)}`;
  return new MemStoreError('TRANSACTION_ABORTED', message, { cause });
}

/** Returns the error of a store whose strategy threw in the middle of a change. */
export function storeFailed(cause: unknown): MemStoreError {
  const what = 'a strategy failed in the middle of a change';
  const message = `The store has closed itself: ${what}: ${textOf(cause)}`;
  return new MemStoreError('STORE_CLOSED', message, { cause });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
