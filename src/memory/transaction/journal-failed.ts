import { MemStoreError } from '../../contract/errors.ts';

/**
 * Returns the error for a commit that the journal refused. If the journal threw a `MemStoreError`, the error
 * has the same code.
 */
export function journalFailed(cause: unknown): MemStoreError {
  const [code, why] =
    cause instanceof MemStoreError
      ? [cause.code, ` ${cause.message}`]
      : (['TRANSACTION_ABORTED', ''] as const);
  return new MemStoreError(code, `The journal refused the commit.${why}`, { cause });
}
