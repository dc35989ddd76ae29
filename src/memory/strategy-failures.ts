import { MemStoreError } from '../contract/errors.ts';
import { CallerError } from '../lifecycle/caller-error.ts';

/** Returns the error that an operation rejects with. */
export function rejectionOf(cause: unknown): unknown {
  return cause instanceof CallerError ? cause.error : operationFailed(cause);
}

/**
 * Returns the error of an operation during which a strategy or the clock threw. Returns a `MemStoreError`
 * unchanged.
 */
export function operationFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  if (cause instanceof CallerError) return callerFailed(cause.error);
  return new MemStoreError('INVALID_OPTION', `A strategy threw an error: ${textOf(cause)}`, { cause });
}

/**
 * Returns the error of a transaction whose commit waits for an operation that has failed. A function of the
 * caller made the operation fail.
 */
function callerFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  const message = `A pending update failed: ${textOf(cause)}`;
  return new MemStoreError('TRANSACTION_ABORTED', message, { cause });
}

/**
 * Returns the error of a commit during which a strategy or the clock threw. Returns a `MemStoreError`
 * unchanged.
 */
export function commitFailed(cause: unknown): MemStoreError {
  if (cause instanceof MemStoreError) return cause;
  const message = `A strategy threw an error during the commit: ${textOf(cause)}`;
  return new MemStoreError('TRANSACTION_ABORTED', message, { cause });
}

/** Returns the error of a store whose strategy threw in the middle of a change. */
export function storeFailed(cause: unknown): MemStoreError {
  const why = 'because a strategy threw an error in the middle of a change';
  const message = `The store has closed itself, ${why}: ${textOf(cause)}`;
  return new MemStoreError('STORE_CLOSED', message, { cause });
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
